import type { Notice } from '../../channel';
import type { ServiceDeps } from '../deps';
import { readBuildDetails } from '../facts/build-details';
import type { AddressedService } from '../handover';
import { httpService } from './http-service';

/** Keeps images that jobs make, and is told when one did not come about (wire.md §5.5). */
export function artifactManager({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url, key } = config.artifactManager;
  return httpService({
    name: 'artifact-manager',
    events: ['job:finished', 'job:canceled'],
    variable: 'ARTIFACT_MANAGER_URL',
    credentials: 'ARTIFACT_MANAGER_AUTH_KEY',
    configured: url !== null && key !== null,
    secrets: key === null ? [] : [key],
    wants: (notice) => notice.event.snapshot.job?.state !== 'passed' && imageOf(notice) !== null,
    async request(notice) {
      const { repository } = notice.facts;
      const image = imageOf(notice);
      const details = await readBuildDetails(statements, notice);
      if (image === null || !details) return { kind: 'dropped', reason: 'the build no longer exists' };
      const owner = `${(repository.owner_type ?? '').toLowerCase()}/${repository.owner_id}`;
      const canceled = notice.event.snapshot.job?.state === 'canceled';
      return {
        method: 'PATCH',
        url: `${url}/image/${owner}/${encodeURIComponent(image)}`,
        headers: {
          Authorization: `Basic ${Buffer.from(`_:${key}`).toString('base64')}`,
          'X-Travis-User-Id': String(details.sender_id ?? ''),
        },
        body: { state: 'error', reason: canceled ? 'job cancel' : 'job error' },
      };
    },
  });
}

/** The image that a job makes, as its config names it: `vm.create.name`. */
function imageOf({ event, facts }: Notice): string | null {
  const vm = facts.jobs.get(event.job_id ?? 0)?.config['vm'] as { create?: { name?: unknown } } | null | undefined;
  const name = vm?.create?.name;
  return typeof name === 'string' && name !== '' ? name : null;
}
