/**
 * The statements of one of Hub's batches (src/unit-of-work, src/events/event-log.ts), for programs that do nothing else.
 * Keep them in step: they are what "the limit" stands for.
 */

const JOB = `id, source_id AS build_id, repository_id, stage_id, number, allow_failure, queue, state, queued_at,
  received_at, started_at, finished_at, canceled_at, restarted_at, vm_size, restarted_by`;

export const BARE = {
  begin: `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL timezone = 'UTC'; SET LOCAL search_path = public;
    SET LOCAL lock_timeout = 1000; SET LOCAL statement_timeout = 10000; SET LOCAL idle_in_transaction_session_timeout = 15000`,
  lockBuilds: `SELECT id, repository_id, number, state, previous_state, config_id, duration, received_at, started_at, finished_at,
      canceled_at, restarted_at FROM builds
    WHERE id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
    ORDER BY id FOR NO KEY UPDATE`,
  lockRepositories: `SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at,
      last_build_finished_at, current_build_id
    FROM repositories WHERE id = ANY ($1::integer[]) ORDER BY id FOR NO KEY UPDATE`,
  lockJobs: `SELECT ${JOB} FROM jobs
    WHERE source_type = 'Build' AND (id = ANY ($1::bigint[]) OR source_id = ANY ($2::bigint[])) ORDER BY id FOR NO KEY UPDATE`,
  siblings: `SELECT ${JOB} FROM jobs WHERE source_type = 'Build' AND source_id = ANY ($1::bigint[]) AND id <> ALL ($2::bigint[])`,
  runsOfJobs: 'SELECT job_id, run FROM hub.jobs WHERE job_id = ANY ($1::bigint[])',
  hubBuilds: 'SELECT build_id, last_seq, restarted_from FROM hub.builds WHERE build_id = ANY ($1::bigint[])',
  stages:
    'SELECT id, build_id, number, name, state, started_at, finished_at FROM stages WHERE build_id = ANY ($1::bigint[]) ORDER BY id',
  runs: `SELECT job_id, ordinal, uuid, last_count, received_at, instance_id, run FROM hub.job_runs
    WHERE job_id = ANY ($1::bigint[]) ORDER BY job_id, ordinal`,
  overtaken: `SELECT c.id FROM unnest($1::bigint[], $2::integer[]) AS c(id, repository_id)
    WHERE EXISTS (SELECT 1 FROM builds n WHERE n.repository_id = c.repository_id AND n.id > c.id AND n.id <> ALL ($1::bigint[])
      AND n.state IN ('started', 'passed', 'failed', 'errored', 'canceled'))`,
  updateJobs: `UPDATE jobs t SET state = c.state, received_at = c.received_at, started_at = c.started_at, finished_at = c.finished_at
    FROM unnest($1::bigint[], $2::varchar[], $3::timestamp[], $4::timestamp[], $5::timestamp[]) AS c(id, state, received_at, started_at, finished_at)
    WHERE t.id = c.id`,
  unqueue: 'DELETE FROM queueable_jobs WHERE job_id = ANY ($1::bigint[])',
  updateStages: `UPDATE stages t SET state = c.state, started_at = coalesce(t.started_at, c.now) FROM unnest($1::integer[], $2::varchar[], $3::timestamp[]) AS c(id, state, now)
    WHERE t.id = c.id`,
  updateBuilds: `UPDATE builds t SET state = c.state, started_at = coalesce(t.started_at, c.now), received_at = coalesce(t.received_at, c.now),
      finished_at = CASE WHEN c.state = 'started' THEN t.finished_at ELSE c.now END
    FROM unnest($1::bigint[], $2::varchar[], $3::timestamp[]) AS c(id, state, now) WHERE t.id = c.id`,
  updateRepositories: `UPDATE repositories t SET last_build_id = c.build_id, last_build_state = c.state, last_build_started_at = c.now,
      current_build_id = c.build_id, updated_at = statement_timestamp() AT TIME ZONE 'UTC'
    FROM unnest($1::integer[], $2::bigint[], $3::varchar[], $4::timestamp[]) AS c(id, build_id, state, now) WHERE t.id = c.id`,
  saveRuns: `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, received_at, instance_id, run)
    SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[], $4::integer[], $5::timestamp[], $6::varchar[], $7::integer[])
    ON CONFLICT (job_id, ordinal) DO UPDATE SET last_count = excluded.last_count, received_at = excluded.received_at,
      instance_id = excluded.instance_id, run = excluded.run`,
  saveBuilds: `INSERT INTO hub.builds (build_id, last_seq, restarted_from) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[])
    ON CONFLICT (build_id) DO UPDATE SET last_seq = excluded.last_seq, restarted_from = excluded.restarted_from`,
  insertEvents: `INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at)
    SELECT build_id, seq, name, job_id, repository_id, $7::timestamp, snapshot::jsonb, $7::timestamp
      FROM unnest($1::bigint[], $2::integer[], $3::varchar[], $4::bigint[], $5::integer[], $6::text[]) AS e(build_id, seq, name, job_id, repository_id, snapshot)
    RETURNING id, build_id, seq`,
} as const;
