import type { TestDatabase } from './database';

const MANY = 10_000;
const JOBS_PER_BUILD = 3;

/** `row` of `columns` for each number up to `count`; a row may use `n`. */
const numbered = (table: string, columns: string, row: string, count: number) =>
  `INSERT INTO ${table} (${columns}) SELECT ${row} FROM generate_series(1, ${count}) n`;

const repositoryOf = (number: string) =>
  `(SELECT min(id) FROM repositories) + ${number} % (SELECT count(*) FROM repositories)`;

/**
 * In an order that satisfies the foreign keys, and young enough for retention to leave them alone.
 *
 * Tables hold as many rows as it takes for a scan to be the wrong choice. What is open is as rare as in a Hub that keeps
 * up: partial indexes of open rows are small only then.
 */
const stock = (builds: number): readonly string[] => [
  numbered('repositories', 'name, owner_name, created_at, updated_at', `'old-' || n, 'acme', now(), now()`, builds),
  numbered('commits', 'commit, message, created_at, updated_at', `md5(n::text), 'Mend it', now(), now()`, builds),
  numbered('requests', 'event_type, head_commit, created_at, updated_at', `'push', md5(n::text), now(), now()`, builds),
  numbered('tags', 'repository_id, name', `${repositoryOf('n')}, 'v' || n`, builds),
  numbered('build_configs', 'repository_id, key, config', `${repositoryOf('n')}, md5(n::text), '{}'`, builds),
  numbered('job_configs', 'repository_id, key, config', `${repositoryOf('n')}, md5(n::text), '{}'`, builds),
  numbered(
    'builds',
    'repository_id, number, state, event_type, branch, created_at, updated_at',
    `${repositoryOf('n')}, n::text, CASE n % 9 WHEN 0 THEN 'failed' ELSE 'passed' END, 'push', 'main', now(), now()`,
    builds,
  ),
  `INSERT INTO stages (build_id, number, state) SELECT id, 1, 'passed' FROM builds`,
  `INSERT INTO jobs (repository_id, source_type, source_id, type, number, state, created_at, updated_at)
   SELECT repository_id, 'Build', id, 'Job::Test', number || '.' || n, state, now(), now()
     FROM builds, generate_series(1, ${JOBS_PER_BUILD}) n`,
  `INSERT INTO job_versions (job_id, number, state) SELECT id, 1, 'failed' FROM jobs`,
  `INSERT INTO queueable_jobs (job_id) SELECT id FROM jobs`,
  `INSERT INTO hub.builds (build_id, last_seq) SELECT id, 4 FROM builds`,
  `INSERT INTO hub.jobs (job_id, run) SELECT id, 1 FROM jobs`,
  `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, instance_id, run)
   SELECT id, 1, md5(id::text), 2, md5(id::text), 1 FROM jobs`,
  `INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at)
   SELECT source_id, row_number() OVER (PARTITION BY source_id ORDER BY id), 'job:finished', id, repository_id, now(),
          '{"job": {"state": "passed"}, "build": {"state": "passed"}}', now()
     FROM jobs`,
  `INSERT INTO hub.deliveries (event_id, channel, fingerprint, target, order_key, state, attempts, created_at, finished_at)
   SELECT id, 'webhook', md5('sink'), 'https://old.example', 'webhook/old/' || build_id, 'delivered', 1, now(), now()
     FROM hub.events`,
  `INSERT INTO hub.job_resets SELECT id, 1, now(), now() FROM jobs`,
  `INSERT INTO hub.job_instances (instance_id, job_id) SELECT md5(id::text), id FROM jobs`,
  `INSERT INTO hub.used_tokens (job_id, rand) SELECT id, md5(id::text) FROM jobs`,
  numbered('hub.applied_messages', 'fingerprint', 'md5(n::text)', builds),
  numbered('hub.idempotency_keys', 'user_name, key, request, build_id', `'alice', n::text, md5(n::text), n`, builds),
  numbered(
    'hub.parked_messages',
    'source, reason, detail, subject, subject_id, body, replayed_at',
    `'rabbitmq', 'unknown_job', 'came too early', 'job', n, '{}', now()`,
    builds,
  ),
];

/** Fills a test's database with what a Hub in use leaves behind, in every table it works on, and counts it. */
export async function insertStock(database: TestDatabase): Promise<void> {
  for (const statement of stock(MANY)) await database.query(statement);
  await database.query('VACUUM ANALYZE');
}

/** The same of fewer builds, behind the back of the statistics: those say that every table is empty. */
export async function insertUncounted(database: TestDatabase, builds: number): Promise<void> {
  await database.query('ANALYZE');
  for (const statement of stock(builds)) await database.query(statement);
}
