import type { JobSnapshot, Notice } from '../../channel';
import type { ServiceDeps } from '../deps';
import type { BuildDetails } from '../facts/build-details';
import type { AddressedService } from '../handover';
import { aboutJob, httpService } from './http-service';

/** Keen counts how long jobs took (wire.md §5.5). */
export function keen({ config, statements }: ServiceDeps): AddressedService<null> {
  const { url, projectId, writeKey } = config.keen;
  return httpService({
    name: 'keen',
    events: ['job:finished'],
    variable: 'KEEN_PROJECT_ID',
    credentials: 'KEEN_WRITE_KEY',
    configured: projectId !== null && writeKey !== null,
    secrets: writeKey === null ? [] : [writeKey],
    request: aboutJob(statements, (notice, job, details) => ({
      method: 'POST',
      url: `${url}/3.0/projects/${encodeURIComponent(projectId ?? '')}/events`,
      headers: { Authorization: writeKey ?? '' },
      body: { jobs: [jobEvent(notice, job, details)] },
    })),
  });
}

function jobEvent({ facts }: Notice, job: JobSnapshot, details: BuildDetails): object {
  const row = details.jobs.get(job.id);
  return {
    repository: { id: facts.repository.id, slug: facts.repository.slug, private: facts.repository.private },
    owner: { type: row?.owner_type ?? null, id: row?.owner_id ?? null, login: row?.owner_login ?? null },
    build: {
      id: facts.build.id,
      type: facts.build.event_type,
      number: facts.build.number,
      branch: facts.build.branch,
    },
    job: {
      id: job.id,
      number: job.number,
      state: job.state,
      queue: job.queue,
      wait_time: seconds(row?.created_at ?? null, job.queued_at),
      queue_time: seconds(job.queued_at, job.received_at),
      boot_time: seconds(job.received_at, job.started_at),
      run_time: seconds(job.started_at, job.finished_at),
    },
  };
}

/** With their fraction; null unless both are known. */
function seconds(from: string | null, to: string | null): number | null {
  return from === null || to === null ? null : (Date.parse(to) - Date.parse(from)) / 1000;
}
