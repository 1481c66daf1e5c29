import { EVENT_NAMES } from '../../channel';
import type { ServiceDeps } from '../deps';
import type { AddressedService } from '../handover';
import { toldAs } from '../wire-words';
import { httpService } from './http-service';

/** Copies what happens to repositories that moved from travis-ci.org to travis-ci.com (wire.md §5.5). */
export function merge({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url, token } = config.merge;
  return httpService({
    name: 'merge',
    events: EVENT_NAMES,
    variable: 'MERGE_API_URL',
    credentials: 'MERGE_API_TOKEN',
    configured: url !== null && token !== null,
    secrets: token === null ? [] : [token],
    async request({ event, facts }) {
      const [row] = await statements.run<{ moved: boolean }>(
        'SELECT migrated_at IS NOT NULL AS moved FROM public.repositories WHERE id = $1',
        [facts.repository.id],
      );
      if (row?.moved !== true) return { kind: 'dropped', reason: 'the repository has not moved' };
      const [type, id] = event.job_id === null ? ['build', event.build_id] : ['job', event.job_id];
      return {
        method: 'POST',
        url: `${url}/${type}/${id}/import`,
        headers: { Authorization: `token ${token}` },
        body: { event: toldAs(event.name), src: 'hub' },
      };
    },
  });
}
