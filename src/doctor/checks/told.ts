import { FINISHED, KNOWN_JOB_STATES, LAST_BUILD_EVENT, LAST_JOB_EVENT, type Check, type FoundRow } from './common';

const reconcile = ({ build_id }: FoundRow) => ({ kind: 'reconcile', buildId: Number(build_id) }) as const;
const text = (value: unknown) => (typeof value === 'string' ? value : 'nothing');

/** What was told last is what is; an end has a time (D9). The scheduler queues jobs without telling. */
export const TOLD_CHECKS: readonly Check[] = [
  {
    name: 'job-untold',
    sql: `SELECT own.build_id, j.id AS job_id, j.state, told.state AS told
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build' ${LAST_JOB_EVENT}
           WHERE j.state IN ${KNOWN_JOB_STATES} AND replace(j.state, 'queued', 'created') <> replace(told.state, 'queued', 'created')
           ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id, state, told }) =>
      `Job ${job_id} of build ${build_id} is ${text(state)}, but the last that was told of it is ${text(told)}: somebody else has written it.`,
    mend: reconcile,
  },
  {
    name: 'build-untold',
    sql: `SELECT b.id AS build_id, b.state, told.state AS told
            FROM own JOIN builds b ON b.id = own.build_id ${LAST_BUILD_EVENT}
           WHERE coalesce(b.state, 'created') <> told.state ORDER BY b.id LIMIT $1`,
    explain: ({ build_id, state, told }) =>
      `Build ${build_id} is ${text(state)}, but the last that was told of it is ${text(told)}: somebody else has written it.`,
    mend: reconcile,
  },
  {
    name: 'job-state-unknown',
    sql: `SELECT own.build_id, j.id AS job_id, j.state, told.state AS told
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build' ${LAST_JOB_EVENT}
           WHERE coalesce(j.state, '') NOT IN ${KNOWN_JOB_STATES} AND told.state IN ${KNOWN_JOB_STATES} ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id, state, told }) =>
      `Job ${job_id} of build ${build_id} is in the state "${text(state)}", which there is not; it was told as ${text(told)}.`,
    mend: ({ job_id, told }) => ({
      kind: 'statement',
      sql: `UPDATE jobs SET state = $2 WHERE id = $1 AND coalesce(state, '') NOT IN ${KNOWN_JOB_STATES}`,
      parameters: [job_id, told],
    }),
  },
  {
    name: 'end-without-time',
    sql: `SELECT build_id, job_id, what FROM (
            SELECT own.build_id, j.id AS job_id, 'Job ' || j.id AS what
              FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build'
             WHERE j.state IN ${FINISHED} AND j.finished_at IS NULL
               AND EXISTS (SELECT 1 FROM hub.events e WHERE e.job_id = j.id AND e.name IN ('job:finished', 'job:canceled'))
            UNION ALL
            SELECT own.build_id, NULL, 'Stage ' || s.id FROM own JOIN stages s ON s.build_id = own.build_id
             WHERE s.state IN ${FINISHED} AND s.finished_at IS NULL
               AND EXISTS (SELECT 1 FROM hub.events e JOIN jobs j ON j.id = e.job_id
                            WHERE e.build_id = own.build_id AND j.stage_id = s.id AND e.name IN ('job:finished', 'job:canceled'))
            UNION ALL
            SELECT b.id, NULL, 'Build ' || b.id FROM own JOIN builds b ON b.id = own.build_id
             WHERE b.state IN ${FINISHED} AND b.finished_at IS NULL
               AND EXISTS (SELECT 1 FROM hub.events e WHERE e.build_id = b.id AND e.name IN ('build:finished', 'build:canceled'))
          ) f ORDER BY build_id, job_id NULLS LAST LIMIT $1`,
    explain: ({ what }) => `${text(what)} has ended, but it is not known when.`,
    mend: reconcile,
  },
  {
    name: 'times-changed',
    sql: `SELECT own.build_id, j.id AS job_id, told.job AS told
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build' ${LAST_JOB_EVENT}
           WHERE j.state = told.state AND (j.received_at > j.started_at OR j.started_at > j.finished_at)
             AND ((told.job ->> 'started_at')::timestamptz AT TIME ZONE 'UTC' IS DISTINCT FROM j.started_at
                  AND told.job ->> 'started_at' IS NOT NULL
               OR (told.job ->> 'finished_at')::timestamptz AT TIME ZONE 'UTC' IS DISTINCT FROM j.finished_at
                  AND told.job ->> 'finished_at' IS NOT NULL)
           ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id }) =>
      `The times of job ${job_id} of build ${build_id} are out of order, and are not the ones that were reported.`,
    mend: ({ job_id, told }) => ({
      kind: 'statement',
      sql: `UPDATE jobs SET started_at = coalesce(($2::jsonb ->> 'started_at')::timestamptz AT TIME ZONE 'UTC', started_at),
                            finished_at = coalesce(($2::jsonb ->> 'finished_at')::timestamptz AT TIME ZONE 'UTC', finished_at)
             WHERE id = $1 AND state = $2::jsonb ->> 'state'`,
      parameters: [job_id, JSON.stringify(told)],
    }),
  },
];
