import { FINISHED, LAST_JOB_EVENT, NOW, type Check } from './common';

/** Schedulers delete the row and set the state together; whatever stays apart for so long is not at work on it. */
const SETTLED = `interval '15 minutes'`;

/** A job stands in `queueable_jobs`, once, exactly while it waits for a scheduler (states.md §5). */
export const QUEUEABLE_CHECKS: readonly Check[] = [
  {
    name: 'queueable-ended',
    sql: `SELECT DISTINCT own.build_id, j.id AS job_id, j.state
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build'
            JOIN queueable_jobs q ON q.job_id = j.id
           WHERE j.state IN ${FINISHED}
             AND EXISTS (SELECT 1 FROM hub.events e WHERE e.job_id = j.id AND e.name IN ('job:finished', 'job:canceled'))
           ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id, state }) =>
      `Job ${job_id} of build ${build_id} is ${String(state)}, but a scheduler would still queue it: it stands in queueable_jobs.`,
    mend: ({ build_id }) => ({ kind: 'reconcile', buildId: Number(build_id) }),
  },
  {
    name: 'queueable-twice',
    sql: `SELECT own.build_id, j.id AS job_id, count(*)::integer AS times
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build'
            JOIN queueable_jobs q ON q.job_id = j.id
           WHERE coalesce(j.state, '') NOT IN ${FINISHED}
           GROUP BY own.build_id, j.id HAVING count(*) > 1 ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id, times }) =>
      `Job ${job_id} of build ${build_id} stands ${String(times)} times in queueable_jobs: it may be queued more than once.`,
    mend: ({ job_id }) => ({
      kind: 'statement',
      sql: `DELETE FROM queueable_jobs WHERE job_id = $1 AND id > (SELECT min(id) FROM queueable_jobs WHERE job_id = $1)`,
      parameters: [job_id],
    }),
  },
  {
    name: 'queueable-missing',
    sql: `SELECT own.build_id, j.id AS job_id
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build' ${LAST_JOB_EVENT}
           WHERE j.state = 'created' AND told.name IN ('job:created', 'job:restarted')
             AND j.updated_at < ${NOW} - ${SETTLED}
             AND NOT EXISTS (SELECT 1 FROM queueable_jobs q WHERE q.job_id = j.id)
           ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id }) =>
      `Job ${job_id} of build ${build_id} waits to be queued, but no scheduler finds it: it does not stand in queueable_jobs.`,
    mend: ({ build_id }) => ({ kind: 'reconcile', buildId: Number(build_id) }),
  },
];
