import { Client } from 'pg';
import type { TestDatabase } from './database';

/** What stands in an existing Travis database when Hub first sees it. Ids are fixed and low. */
export const PAST = {
  /** Nothing new ever happens in it. */
  quietRepository: 1,
  /** Builds go on in it. */
  busyRepository: 2,
  /** Ran before Hub came, and its worker has yet to tell how it ended. */
  runningBuild: 140,
  runningJobs: [141, 142],
  /** Failed before Hub came; somebody may restart it. */
  failedBuild: 150,
  failedJob: 151,
} as const;

const REPOSITORIES = `
  INSERT INTO repositories (id, owner_name, name, owner_type, owner_id, active, description, last_build_id, last_build_number,
                            last_build_state, current_build_id, created_at, updated_at) VALUES
    (1, 'old', 'quiet', 'User', 1, true, 'kept', 170, '7', 'started', 120, '2015-01-01', '2020-02-02 20:20:20.202020'),
    (2, 'old', 'busy', 'Organization', 1, true, 'kept', 150, '5', 'failed', 140, '2015-01-01', '2020-02-02 20:20:20.202020')`;

/** Id, repository and state of the build; one job for each state that follows. */
const BUILDS: readonly (readonly [
  id: number,
  repository: number | null,
  state: string | null,
  ...jobs: (string | null)[],
])[] = [
  [100, 1, 'passed', 'passed', 'passed'],
  [110, 1, 'created', 'created', 'created', 'created'],
  // Nobody was heard of these for days.
  [120, 1, 'started', 'queued', 'received', 'started', 'created'],
  // Never finished, although all its jobs did.
  [130, 1, 'started', 'passed', 'failed'],
  [140, 2, 'started', 'started', 'started'],
  [150, 2, 'failed', 'failed'],
  // Never started, although its jobs run.
  [160, 1, null, null, 'booting', 'persisted', 'started'],
  // Finished, although its jobs did not.
  [170, 1, 'canceled', 'started', 'received'],
  [180, null, 'started', 'started'],
  [190, 1, 'started'],
];

function buildsAndJobs(webhookUrl: string): string[] {
  const config = JSON.stringify({ notifications: { webhooks: { urls: [webhookUrl], on_start: 'always' } } });
  return BUILDS.flatMap(([id, repository, state, ...jobs]) => [
    `INSERT INTO build_configs (id, repository_id, key, config) VALUES (${id}, ${repository ?? 1}, 'key-${id}', '${config}')`,
    `INSERT INTO builds (id, repository_id, number, unique_number, state, event_type, branch, config_id, started_at, created_at, updated_at)
     VALUES (${id}, ${repository ?? 'NULL'}, '${numberOf(id)}', ${numberOf(id)}, ${text(state)}, 'push', 'main', ${id},
             ${state === 'created' ? 'NULL' : `'2020-01-01 10:00:00.123456'`}, '2020-01-01', '2020-01-01 10:00:00.654321')`,
    `INSERT INTO stages (id, build_id, number, state) VALUES (${id}, ${id}, 1, ${text(state)})`,
    ...jobs.map(
      (job, nth) =>
        `INSERT INTO jobs (id, repository_id, source_type, source_id, stage_id, type, number, state, queue, queued_at, created_at, updated_at)
         VALUES (${id + nth + 1}, ${repository ?? 'NULL'}, 'Build', ${id}, ${id}, 'Job::Test', '${numberOf(id)}.${nth + 1}', ${text(job)},
                 'builds.linux', '2020-01-01 09:00:00.111111', '2020-01-01', '2020-01-01 10:00:00.654321')`,
    ),
  ]);
}

const REST: readonly string[] = [
  // Jobs of a build that is gone, and of something that is no build.
  `INSERT INTO jobs (id, repository_id, source_type, source_id, state, created_at, updated_at) VALUES
     (200, 1, 'Build', 9999, 'started', '2020-01-01', '2020-01-01'), (201, 1, 'Request', 100, 'started', '2020-01-01', '2020-01-01')`,
  // Some twice, some of jobs that ended long ago: nothing keeps the table tidy.
  `INSERT INTO queueable_jobs (job_id) VALUES (111), (111), (112), (101), (9998)`,
  `INSERT INTO job_versions (job_id, number, state, created_at) VALUES (101, 1, 'errored', '2020-01-01'), (101, 2, 'failed', '2020-01-01')`,
  `INSERT INTO branches (id, repository_id, name, last_build_id, created_at, updated_at) VALUES (1, 1, 'main', 130, '2020-01-01', '2020-01-01')`,
  `INSERT INTO crons (branch_id, interval, next_run) VALUES (1, 'daily', '2020-01-02')`,
  `INSERT INTO audits (created_at, source_changes) VALUES ('2025-05-05', '{}'), ('2026-05-05', '{}')`,
  `INSERT INTO gateway_requests_failed (payload, reason) VALUES ('{}', 'late')`,
  `INSERT INTO repo_counts (repository_id, jobs) VALUES (1, 40)`,
];

/** Tables of which the past holds rows whose ids are not drawn from their sequences. */
const NUMBERED = ['repositories', 'build_configs', 'stages', 'branches'];

/**
 * Fills a Travis database with its past, on a connection that may pass the triggers by: they would make it all new.
 * @param webhookUrl whom every build of it would tell if it were announced
 */
export async function insertPast(database: TestDatabase, webhookUrl: string): Promise<void> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    for (const statement of [REPOSITORIES, ...buildsAndJobs(webhookUrl), ...REST]) await client.query(statement);
    for (const table of NUMBERED) await client.query(`SELECT setval('${table}_id_seq', 1000)`);
  } finally {
    await client.end();
  }
}

/**
 * Every row of every table of `public`: its text, who wrote and who locked it (xmin, xmax), and where it lies (ctid), so
 * that not even a row that was written back unchanged, or only locked, looks the same. By table and id.
 */
export async function rowsOfPublic(database: TestDatabase): Promise<Map<string, string>> {
  const tables = await database.query<{ name: string; id: boolean }>(
    `SELECT c.oid::regclass::text AS name,
            EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'id' AND NOT attisdropped) AS id
       FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1`,
  );
  const all = new Map<string, string>();
  for (const { name, id } of tables) {
    const rows = await database.query<{ key: string; row: string }>(
      `SELECT ${id ? 'id' : 'ctid'}::text AS key, concat_ws(' ', xmin, xmax, ctid, t::text) AS row FROM ONLY ${name} t`,
    );
    for (const { key, row } of rows) all.set(`${name} ${key}`, row);
  }
  return all;
}

/** Far from those that tests give to builds of the same repository. */
const numberOf = (buildId: number) => 100_000 + buildId;
const text = (value: string | null) => (value === null ? 'NULL' : `'${value}'`);
