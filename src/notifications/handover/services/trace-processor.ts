import type { ServiceDeps } from '../deps';
import { readBuildDetails } from '../facts/build-details';
import type { AddressedService } from '../handover';
import { httpService } from './http-service';

/** Reads the trace that a worker took of a job, when the job was run with one (wire.md §5.5). */
export function traceProcessor({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url } = config.traceProcessor;
  return httpService({
    name: 'trace-processor',
    events: ['job:finished', 'job:canceled'],
    variable: 'TRACEPROC_URL',
    credentials: 'user and password in TRACEPROC_URL',
    configured: url !== null,
    secrets: [],
    // Also a run that ends as canceled was traced; a job that a person cancels is told of when its worker reports.
    wants: ({ event }) => event.snapshot.cause.trace === true,
    async request(notice) {
      const { job } = notice.event.snapshot;
      const details = await readBuildDetails(statements, notice);
      if (!job || !details) return { kind: 'dropped', reason: 'the build no longer exists' };
      return {
        method: 'POST',
        url: `${url}/trace?source=hub`,
        body: {
          job_id: job.id,
          repo_slug: notice.facts.repository.slug,
          owner: details.jobs.get(job.id)?.owner_login ?? null,
          queue: job.queue,
          state: job.state,
        },
      };
    },
  });
}
