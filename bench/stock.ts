import { Client } from 'pg';
import { typeParsers } from '../src/database/type-parsers';
import { reserve } from './insert-rows';

/** What has piled up in a database that has been in use. */
export interface Stock {
  readonly jobs: number;
  readonly events: number;
}

const JOBS_PER_BUILD = 4;
const BUILDS_PER_REPOSITORY = 50;
const DELIVERIES_PER_BUILD = 2;

/**
 * Inserts finished builds with everything that Hub keeps of them, made by the server itself: a million jobs take about
 * a minute. Then vacuums, so that no clean-up of ours runs while something is measured.
 *
 * Their event rows are shorter than real ones: what grows with them is the number of rows and the depth of the indexes.
 */
export async function addStock(url: string, { jobs, events }: Stock): Promise<void> {
  const client = new Client({ connectionString: url, types: typeParsers });
  await client.connect();
  try {
    await client.query('SET synchronous_commit = off');
    // Saves the triggers and foreign key checks of millions of rows; only a superuser may.
    await client.query(`SET session_replication_role = replica`).catch(() => undefined);
    for (const { sql, params } of await statements(client, jobs, events)) await client.query(sql, params);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT').catch(() => undefined);
  } finally {
    await client.end();
  }
}

interface Statement {
  readonly sql: string;
  readonly params: unknown[];
}

async function statements(client: Client, jobs: number, events: number): Promise<Statement[]> {
  const builds = Math.ceil(jobs / JOBS_PER_BUILD);
  const repositories = Math.ceil(builds / BUILDS_PER_REPOSITORY);
  const perBuild = Math.ceil(events / builds);
  const sequences = {
    async query<R>(sql: string, params: readonly unknown[] = []): Promise<R[]> {
      return (await client.query(sql, [...params])).rows as R[];
    },
  };
  const firstRepository = await reserve(sequences, 'repositories_id_seq', repositories);
  const firstBuild = await reserve(sequences, 'shared_builds_tasks_seq', builds);
  const firstJob = await reserve(sequences, 'shared_builds_tasks_seq', builds * JOBS_PER_BUILD);
  return [
    {
      sql: `INSERT INTO public.repositories (id, name, owner_name, owner_type, owner_id, active, created_at, updated_at)
            SELECT $1::int + i, 'old-' || i, 'acme', 'User', 1, true, ${dayOf('i', '$2::int')}, ${dayOf('i', '$2::int')}
              FROM generate_series(0, $2::int - 1) i`,
      params: [firstRepository, repositories],
    },
    {
      sql: `INSERT INTO public.builds (id, repository_id, number, unique_number, state, previous_state, duration,
              event_type, branch, owner_type, owner_id, received_at, started_at, finished_at, created_at, updated_at)
            SELECT $1::bigint + i, $2::int + i % $3::int, (i / $3::int + 1)::text, i / $3::int + 1, ${stateOf('i')}, 'passed', 100,
                   'push', 'master', 'User', 1, d, d, d, d, d
              FROM generate_series(0, $4::int - 1) i, LATERAL (SELECT ${dayOf('i', '$4::int')} AS d) t`,
      params: [firstBuild, firstRepository, repositories, builds],
    },
    {
      sql: `INSERT INTO public.jobs (id, repository_id, source_type, source_id, type, number, state, queue, owner_type,
              owner_id, queued_at, received_at, started_at, finished_at, created_at, updated_at)
            SELECT $1::bigint + i, $2::int + b % $3::int, 'Build', $4::bigint + b, 'Job::Test', (b / $3::int + 1) || '.' || (i % ${JOBS_PER_BUILD} + 1),
                   ${stateOf('b')}, 'builds.ec2', 'User', 1, d, d, d, d, d, d
              FROM generate_series(0, $5::int - 1) i, LATERAL (SELECT i / ${JOBS_PER_BUILD} AS b) x,
                   LATERAL (SELECT ${dayOf('i', '$5::int')} AS d) t`,
      params: [firstJob, firstRepository, repositories, firstBuild, builds * JOBS_PER_BUILD],
    },
    {
      sql: `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, received_at, instance_id, run, seen_at)
            SELECT $1::bigint + i, 1, md5(i::text)::uuid::text, 2, d, 'travis-job-' || md5(i::text)::uuid, 1, d
              FROM generate_series(0, $2::int - 1) i, LATERAL (SELECT ${dayOf('i', '$2::int')} AS d) t`,
      params: [firstJob, builds * JOBS_PER_BUILD],
    },
    {
      sql: `INSERT INTO hub.builds (build_id, last_seq) SELECT $1::bigint + i, $3::int FROM generate_series(0, $2::int - 1) i`,
      params: [firstBuild, builds, perBuild],
    },
    {
      sql: `INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at)
            SELECT $1::bigint + b, s + 1, 'job:finished', $2::bigint + b * ${JOBS_PER_BUILD} + s % ${JOBS_PER_BUILD}, $3::int + b % $4::int, d,
                   '{"job":{"state":"passed"},"build":{"state":"passed"},"cause":{"command":"job:finish"}}', d
              FROM generate_series(0, $5::int - 1) b, generate_series(0, $6::int - 1) s,
                   LATERAL (SELECT ${dayOf('b', '$5::int')} AS d) t`,
      params: [firstBuild, firstJob, firstRepository, repositories, builds, perBuild],
    },
    {
      sql: `INSERT INTO hub.deliveries (event_id, channel, fingerprint, target, order_key, state, attempts, history,
              next_attempt_at, created_at, finished_at)
            SELECT e.id, 'webhook', md5('sink'), 'https://old.example', 'webhook/old/' || e.build_id, 'delivered', 1,
                   '[{"attempt":1,"outcome":"delivered","ms":4,"code":200}]', e.at, e.at, e.at
              FROM hub.events e WHERE e.build_id BETWEEN $1::bigint AND $1::bigint + $2::int - 1 AND e.seq <= ${DELIVERIES_PER_BUILD}`,
      params: [firstBuild, builds],
    },
  ];
}

/** Spread over the year before, oldest first. */
function dayOf(row: string, count: string): string {
  return `((now() AT TIME ZONE 'UTC') - interval '1 day' - interval '365 days' * (1 - ${row}::float8 / ${count}))`;
}

function stateOf(row: string): string {
  return `CASE WHEN ${row} % 20 = 0 THEN 'failed' WHEN ${row} % 97 = 0 THEN 'canceled' ELSE 'passed' END`;
}
