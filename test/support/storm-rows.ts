import type { TestDatabase } from './database';

/** A repository on GitHub. */
export interface StormRepository {
  readonly id: number;
  readonly githubId: number;
  readonly slug: string;
}

/** An owner of repositories for whom the GitHub app is installed. */
export interface Owner {
  readonly installation: number;
  readonly repositories: readonly StormRepository[];
}

let installations = 70;
let repositories = 549_743;

/** An owner of two repositories: one that gets commit statuses, and one that gets check runs. */
export async function insertOwner(database: TestDatabase, owner: string): Promise<Owner> {
  const installation = ++installations;
  await database.query(
    `INSERT INTO installations (github_id, owner_type, owner_id, created_at, updated_at)
     VALUES ($1, 'Organization', $1, now(), now())`,
    [installation],
  );
  const rows = await database.query<{ id: number; github_id: number; slug: string }>(
    `INSERT INTO repositories (name, owner_name, owner_type, owner_id, github_id, managed_by_installation_at, created_at, updated_at)
     VALUES ('statuses', $1, 'Organization', $2, $3, NULL, now(), now()),
            ('checks', $1, 'Organization', $2, $4, now(), now(), now())
     RETURNING id, github_id, owner_name || '/' || name AS slug`,
    [owner, installation, ++repositories, ++repositories],
  );
  return { installation, repositories: rows.map(({ id, github_id, slug }) => ({ id, githubId: github_id, slug })) };
}

/** Created builds of one job each, every one of a commit of its own. */
export async function insertCommittedBuilds(
  database: TestDatabase,
  { id }: StormRepository,
  builds: number,
  config: object,
): Promise<{ readonly jobIds: readonly number[]; readonly commits: readonly string[] }> {
  const jobs = await database.query<{ id: number }>(
    `WITH config AS (INSERT INTO build_configs (repository_id, key, config) VALUES ($1::int, 'storm', $3) RETURNING id),
          commit AS (
            INSERT INTO commits (repository_id, commit, branch, message, author_name, author_email, committer_name,
                                 committer_email, committed_at, created_at, updated_at)
            SELECT $1::int, md5($1::int::text) || lpad(to_hex(n), 8, '0'), 'main', 'the commit message', 'Ada', 'ada@example.org',
                   'Ada', 'ada@example.org', now(), now(), now() FROM generate_series(1, $2::int) n
            RETURNING id),
          build AS (
            INSERT INTO builds (repository_id, number, state, event_type, branch, commit_id, config_id, created_at, updated_at)
            SELECT $1::int, row_number() OVER (ORDER BY commit.id), 'created', 'push', 'main', commit.id, config.id, now(), now()
              FROM commit, config
            RETURNING id, number, commit_id),
          job AS (
            INSERT INTO jobs (repository_id, source_type, source_id, commit_id, type, number, state, created_at, updated_at)
            SELECT $1::int, 'Build', id, commit_id, 'Job::Test', number || '.1', 'created', now(), now() FROM build
            RETURNING id),
          queueable AS (INSERT INTO queueable_jobs (job_id) SELECT id FROM job)
     SELECT id FROM job ORDER BY id`,
    [id, builds, JSON.stringify(config)],
  );
  const commits = await database.query<{ sha: string }>('SELECT commit AS sha FROM commits WHERE repository_id = $1', [
    id,
  ]);
  return { jobIds: jobs.map((job) => job.id), commits: commits.map(({ sha }) => sha) };
}
