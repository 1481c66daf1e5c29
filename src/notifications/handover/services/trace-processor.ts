import type { ServiceDeps } from '../deps';
import type { AddressedService } from '../handover';
import { aboutJob, httpService } from './http-service';

/** Reads the trace that a worker took of a job, when the job was run with one (wire.md §5.5). */
export function traceProcessor({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url } = config.traceProcessor;
  return httpService({
    name: 'trace-processor',
    events: ['job:finished'],
    variable: 'TRACEPROC_URL',
    credentials: 'user and password in TRACEPROC_URL',
    configured: url !== null,
    secrets: [],
    wants: ({ event }) => event.snapshot.cause.trace === true,
    request: aboutJob(statements, ({ facts }, job, details) => ({
      method: 'POST',
      url: `${url}/trace?source=hub`,
      body: {
        job_id: job.id,
        repo_slug: facts.repository.slug,
        owner: details.jobs.get(job.id)?.owner_login ?? null,
        queue: job.queue,
        state: job.state,
      },
    })),
  });
}
