import type { TestDatabase } from './database';

/** The ids of a build with two stages, of two jobs and one. */
export interface Patient {
  readonly buildId: number;
  readonly repositoryId: number;
  readonly jobIds: readonly [number, number, number];
  readonly stageIds: readonly [number, number];
}

/** How far the build had come before it was damaged. */
export type Course = 'created' | 'running' | 'passed' | 'failed';

/** One kind of planted damage. */
export interface Damage {
  /** Completes the sentence "the doctor finds and mends …". */
  readonly name: string;
  /** What it is found as, at least. */
  readonly checks: readonly string[];
  readonly course: Course;
  readonly plant: (database: TestDatabase, patient: Patient) => Promise<unknown>;
  /** Rows that must be so afterwards: a query over `$1`, the build, with one column `well`. */
  readonly well: string;
  /** The rows are as they should be but for one thing: nobody was told. */
  readonly toldOnly?: true;
  /** Events that people are told by the mending, in order; none unless given. */
  readonly told?: readonly string[];
}

/** Other people's writing: the trigger that keeps `updated_at` current must not stand in the way. */
const sql = (text: (patient: Patient) => string) => (database: TestDatabase, patient: Patient) =>
  database.query(`ALTER TABLE jobs DISABLE TRIGGER set_updated_at_on_jobs; ${text(patient)};
    ALTER TABLE jobs ENABLE TRIGGER set_updated_at_on_jobs`);

const ALL_ENDED = `SELECT bool_and(state IN ('passed', 'failed', 'errored', 'canceled')) AS well FROM (
  SELECT state FROM builds WHERE id = $1 UNION ALL SELECT state FROM stages WHERE build_id = $1) s`;
const LONG_AGO = `(clock_timestamp() AT TIME ZONE 'UTC') - interval '20 hours'`;

/** Every kind of damage that the doctor knows, as somebody or something may have done it. */
export const DAMAGES: readonly Damage[] = [
  {
    name: 'a build whose jobs have all ended but that still runs',
    checks: ['build-open', 'build-untold', 'repository-columns'],
    course: 'passed',
    plant: sql(({ buildId }) => `UPDATE builds SET state = 'started', finished_at = NULL WHERE id = ${buildId}`),
    well: `SELECT state = 'passed' AND finished_at IS NOT NULL AS well FROM builds WHERE id = $1`,
    told: ['build:finished'],
  },
  {
    name: 'a build whose jobs have all ended but that never began',
    checks: ['build-open', 'build-untold'],
    course: 'failed',
    plant: sql(
      ({ buildId }) =>
        `UPDATE builds SET state = 'created', started_at = NULL, finished_at = NULL WHERE id = ${buildId}`,
    ),
    well: `SELECT state = 'failed' AND started_at IS NOT NULL AND finished_at IS NOT NULL AS well FROM builds WHERE id = $1`,
    told: ['build:finished'],
  },
  {
    name: 'a stage whose jobs have all ended but that still runs',
    checks: ['stage-open'],
    course: 'passed',
    plant: sql(({ stageIds }) => `UPDATE stages SET state = 'started', finished_at = NULL WHERE id = ${stageIds[0]}`),
    well: ALL_ENDED,
  },
  {
    name: 'jobs that somebody ended without telling their stages and build',
    checks: ['stage-open', 'build-open', 'job-untold'],
    course: 'running',
    plant: sql(
      ({ buildId }) => `UPDATE jobs SET state = 'passed', finished_at = ${LONG_AGO} WHERE source_id = ${buildId}`,
    ),
    well: ALL_ENDED,
    told: ['job:finished', 'job:finished', 'job:finished', 'build:finished'],
  },
  {
    name: 'a failed job whose stage did not hear of it, and the stage after it with it',
    checks: ['stage-open', 'job-untold'],
    course: 'running',
    plant: sql(
      ({ jobIds }) =>
        `UPDATE jobs SET state = 'failed', finished_at = ${LONG_AGO} WHERE id IN (${jobIds[0]}, ${jobIds[1]})`,
    ),
    well: `SELECT (SELECT state FROM builds WHERE id = $1) = 'failed'
              AND (SELECT array_agg(state::text ORDER BY id) FROM jobs WHERE source_id = $1) = '{failed,failed,canceled}' AS well`,
    told: ['job:finished', 'job:finished', 'job:finished', 'build:finished'],
  },
  {
    name: 'a build that was ended while its jobs run',
    checks: ['build-ended-early', 'build-untold'],
    course: 'running',
    plant: sql(({ buildId }) => `UPDATE builds SET state = 'errored', finished_at = ${LONG_AGO} WHERE id = ${buildId}`),
    well: `SELECT state = 'started' AND finished_at IS NULL AS well FROM builds WHERE id = $1`,
    told: ['build:restarted', 'build:started'],
  },
  {
    name: 'a stage that was ended while its jobs run',
    checks: ['stage-ended-early'],
    course: 'running',
    plant: sql(
      ({ stageIds }) => `UPDATE stages SET state = 'passed', finished_at = ${LONG_AGO} WHERE id = ${stageIds[0]}`,
    ),
    well: `SELECT (array_agg(state::text ORDER BY id))[1] = 'started' AS well FROM stages WHERE build_id = $1`,
  },
  {
    name: 'a repository that shows another result than its last build has',
    checks: ['repository-columns'],
    course: 'passed',
    plant: sql(({ repositoryId }) => `UPDATE repositories SET last_build_state = 'started' WHERE id = ${repositoryId}`),
    well: `SELECT r.last_build_state = 'passed' AS well FROM repositories r JOIN builds b ON b.repository_id = r.id WHERE b.id = $1`,
  },
  {
    toldOnly: true,
    name: 'a job whose result somebody changed behind everybody’s back',
    checks: ['job-untold'],
    course: 'passed',
    plant: sql(({ jobIds }) => `UPDATE jobs SET state = 'errored' WHERE id = ${jobIds[2]}`),
    well: `SELECT (array_agg(state::text ORDER BY id))[3] = 'errored' AS well FROM jobs WHERE source_id = $1`,
    told: ['job:finished'],
  },
  {
    name: 'a build whose result somebody changed behind everybody’s back',
    checks: ['build-untold'],
    course: 'passed',
    plant: sql(({ buildId }) => `UPDATE builds SET state = 'canceled' WHERE id = ${buildId}`),
    well: `SELECT b.state = 'canceled' AND r.last_build_state = 'canceled' AS well
             FROM builds b JOIN repositories r ON r.id = b.repository_id WHERE b.id = $1`,
    told: ['build:canceled'],
  },
  {
    name: 'a job in a state that does not exist',
    checks: ['job-state-unknown'],
    course: 'passed',
    plant: sql(({ jobIds }) => `UPDATE jobs SET state = 'cancelled?' WHERE id = ${jobIds[2]}`),
    well: `SELECT bool_and(state = 'passed') AS well FROM jobs WHERE source_id = $1`,
  },
  {
    name: 'ends of which nobody knows when they were',
    checks: ['end-without-time'],
    course: 'passed',
    plant: sql(
      ({ buildId }) => `UPDATE jobs SET finished_at = NULL WHERE source_id = ${buildId};
        UPDATE stages SET finished_at = NULL WHERE build_id = ${buildId};
        UPDATE builds SET finished_at = NULL, duration = NULL WHERE id = ${buildId}`,
    ),
    well: `SELECT bool_and(finished_at IS NOT NULL) AND (SELECT duration IS NOT NULL FROM builds WHERE id = $1) AS well FROM (
             SELECT finished_at FROM jobs WHERE source_id = $1 UNION ALL SELECT finished_at FROM stages WHERE build_id = $1
             UNION ALL SELECT finished_at FROM builds WHERE id = $1) t`,
  },
  {
    name: 'times of a job that are out of order',
    checks: ['times-changed'],
    course: 'passed',
    plant: sql(({ jobIds }) => `UPDATE jobs SET finished_at = started_at - interval '3 days' WHERE id = ${jobIds[0]}`),
    well: `SELECT bool_and(finished_at >= started_at) AS well FROM jobs WHERE source_id = $1`,
  },
  {
    name: 'a job that has ended but would still be queued',
    checks: ['queueable-ended'],
    course: 'passed',
    plant: sql(({ jobIds }) => `INSERT INTO queueable_jobs (job_id) VALUES (${jobIds[1]})`),
    well: `SELECT count(*) = 0 AS well FROM queueable_jobs q JOIN jobs j ON j.id = q.job_id WHERE j.source_id = $1`,
  },
  {
    name: 'a job that would be queued twice',
    checks: ['queueable-twice'],
    course: 'created',
    plant: sql(({ jobIds }) => `INSERT INTO queueable_jobs (job_id) VALUES (${jobIds[2]})`),
    well: `SELECT count(*) = 3 AS well FROM queueable_jobs q JOIN jobs j ON j.id = q.job_id WHERE j.source_id = $1`,
  },
  {
    name: 'jobs that wait for ever because no scheduler finds them',
    checks: ['queueable-missing'],
    course: 'created',
    plant: sql(
      ({ jobIds }) => `DELETE FROM queueable_jobs WHERE job_id IN (${jobIds.join(', ')});
        UPDATE jobs SET updated_at = ${LONG_AGO} WHERE id IN (${jobIds.join(', ')})`,
    ),
    well: `SELECT count(*) = 3 AS well FROM queueable_jobs q JOIN jobs j ON j.id = q.job_id WHERE j.source_id = $1`,
  },
  {
    name: 'a job of which nothing was heard for hours, although no other job is left',
    checks: ['job-stale'],
    course: 'running',
    plant: sql(({ jobIds }) => `UPDATE jobs SET updated_at = ${LONG_AGO} WHERE id IN (${jobIds[0]}, ${jobIds[1]})`),
    well: `SELECT (SELECT state FROM builds WHERE id = $1) = 'errored' AS well`,
    told: ['job:finished', 'job:finished', 'build:finished', 'job:finished'],
  },
  {
    name: 'an event in the middle that is gone',
    checks: ['events-missing'],
    course: 'passed',
    plant: sql(({ buildId }) => `DELETE FROM hub.events WHERE build_id = ${buildId} AND seq = 3`),
    well: `SELECT count(*) = max(seq) AS well FROM hub.events WHERE build_id = $1`,
  },
  {
    name: 'the last events of a build that are gone, so that nobody was told how it ended',
    checks: ['events-missing', 'build-untold', 'job-untold'],
    course: 'passed',
    plant: sql(
      ({ buildId }) => `DELETE FROM hub.events e USING hub.builds b
       WHERE e.build_id = ${buildId} AND b.build_id = e.build_id AND e.seq > b.last_seq - 2`,
    ),
    well: `SELECT count(*) = (SELECT last_seq FROM hub.builds WHERE build_id = $1) AS well FROM hub.events WHERE build_id = $1`,
    told: ['job:finished', 'build:finished'],
  },
  {
    name: 'a build whose next event would get a number that is taken',
    checks: ['numbering-behind'],
    course: 'running',
    plant: sql(({ buildId }) => `UPDATE hub.builds SET last_seq = 2 WHERE build_id = ${buildId}`),
    well: `SELECT last_seq = (SELECT max(seq) FROM hub.events WHERE build_id = $1) AS well FROM hub.builds WHERE build_id = $1`,
  },
  {
    name: 'a job whose run was forgotten',
    checks: ['run-behind'],
    course: 'running',
    plant: sql(
      ({ jobIds }) =>
        `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, run) VALUES (${jobIds[0]}, 7, 'lost', 0, 3)`,
    ),
    well: `SELECT max(run) = 3 AS well FROM hub.jobs h JOIN jobs j ON j.id = h.job_id WHERE j.source_id = $1`,
  },
  {
    name: 'a delivery that a clock gone wrong has taken for days',
    checks: ['delivery-lease'],
    course: 'running',
    plant: (database, patient) => plantDelivery(database, patient, { leased_until: '3 days' }),
    well: `SELECT bool_and(leased_until IS NULL) AS well FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE e.build_id = $1`,
  },
  {
    name: 'a delivery that a clock gone wrong has put off for days',
    checks: ['delivery-far-off'],
    course: 'running',
    plant: (database, patient) => plantDelivery(database, patient, { next_attempt_at: '9 days' }),
    well: `SELECT bool_and(next_attempt_at <= (clock_timestamp() AT TIME ZONE 'UTC')) AS well
             FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE e.build_id = $1`,
  },
  {
    name: 'a message that is parked although its job is there by now',
    checks: ['parked-applicable'],
    course: 'running',
    plant: (database, { jobIds }) =>
      database.query(
        `INSERT INTO hub.parked_messages (source, type, reason, detail, subject, subject_id, body, parked_at)
         VALUES ('rabbitmq', 'job:test:finish', 'unknown_job', 'there was none', 'job', $1, $2, ${LONG_AGO})`,
        [
          jobIds[0],
          Buffer.from(JSON.stringify({ id: jobIds[0], state: 'passed', finished_at: '2026-01-01T00:00:00Z' })),
        ],
      ),
    well: `SELECT (array_agg(state::text ORDER BY id))[1] = 'passed' AS well FROM jobs WHERE source_id = $1`,
    told: ['job:finished'],
  },
];

/** A delivery of the build's first event, to nobody, whose time lies so far ahead. */
async function plantDelivery(
  database: TestDatabase,
  { buildId }: Patient,
  ahead: { leased_until?: string; next_attempt_at?: string },
): Promise<void> {
  await database.query(
    `INSERT INTO hub.deliveries (event_id, channel, fingerprint, target, leased_until, next_attempt_at)
     SELECT id, 'nobody', 'none', 'nobody', (clock_timestamp() AT TIME ZONE 'UTC') + $2::interval,
            (clock_timestamp() AT TIME ZONE 'UTC') + coalesce($3::interval, '0')
       FROM hub.events WHERE build_id = $1 ORDER BY seq LIMIT 1`,
    [buildId, ahead.leased_until ?? null, ahead.next_attempt_at ?? null],
  );
}
