import type { Notice } from '../../channel';
import type { ServiceDeps } from '../deps';
import type { AddressedService } from '../handover';
import { aboutJob, httpService } from './http-service';

/** Keeps images that jobs make, and is told when one did not come about (wire.md §5.5). */
export function artifactManager({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url, key } = config.artifactManager;
  const credentials = Buffer.from(`_:${key}`).toString('base64');
  return httpService({
    name: 'artifact-manager',
    events: ['job:finished', 'job:canceled'],
    variable: 'ARTIFACT_MANAGER_URL',
    credentials: 'ARTIFACT_MANAGER_AUTH_KEY',
    configured: url !== null && key !== null,
    secrets: key === null ? [] : [key, credentials],
    wants: (notice) => notice.event.snapshot.job?.state !== 'passed' && imageOf(notice) !== null,
    request: aboutJob(statements, (notice, job, details) => {
      const { repository } = notice.facts;
      const owner = `${(repository.owner_type ?? '').toLowerCase()}/${repository.owner_id}`;
      return {
        method: 'PATCH',
        url: `${url}/image/${owner}/${encodeURIComponent(imageOf(notice) ?? '')}`,
        headers: { Authorization: `Basic ${credentials}`, 'X-Travis-User-Id': String(details.sender_id ?? '') },
        body: { state: 'error', reason: job.state === 'canceled' ? 'job cancel' : 'job error' },
      };
    }),
  });
}

/** The image that a job makes, as its config names it: `vm.create.name`. */
function imageOf({ event, facts }: Notice): string | null {
  const vm = facts.jobs.get(event.job_id ?? 0)?.config['vm'] as { create?: { name?: unknown } } | null | undefined;
  const name = vm?.create?.name;
  return typeof name === 'string' && name !== '' ? name : null;
}
