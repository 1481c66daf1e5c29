import type { TestDatabase } from './database';

export interface BuildRows {
  readonly repositoryId: number;
  readonly buildId: number;
  readonly stageIds: readonly number[];
  readonly jobIds: readonly number[];
}

export interface BuildShape {
  /** Number of jobs, or the stage index of each. */
  readonly jobs: number | readonly number[];
  readonly config?: object;
  /** Takes an existing repository instead of a new one. */
  readonly repositoryId?: number;
}

/** One statement: tests insert hundreds of builds, and each row as a round trip of its own costs more than the row. */
const INSERT = `
  WITH new_repository AS (
    INSERT INTO repositories (name, owner_name, created_at, updated_at)
    SELECT 'tool', 'acme', now(), now() WHERE $1::bigint IS NULL RETURNING id
  ), repository AS (
    SELECT $1::bigint AS id WHERE $1::bigint IS NOT NULL UNION ALL SELECT id FROM new_repository
  ), config AS (
    INSERT INTO build_configs (repository_id, key, config)
    SELECT id, 'key-' || $2::text, $3 FROM repository RETURNING id
  ), build AS (
    INSERT INTO builds (repository_id, number, state, event_type, branch, config_id, created_at, updated_at)
    SELECT r.id, $2::text, 'created', 'push', 'main', c.id, now(), now() FROM repository r, config c
    RETURNING id, repository_id
  ), stage AS (
    INSERT INTO stages (build_id, number, state)
    SELECT build.id, n + 1, 'created' FROM build, unnest($4::int[]) WITH ORDINALITY AS s (n, nth) ORDER BY nth
    RETURNING id, number
  ), job AS (
    INSERT INTO jobs (repository_id, source_type, source_id, stage_id, type, number, state, created_at, updated_at)
    SELECT b.repository_id, 'Build', b.id, (SELECT id FROM stage WHERE number = j.stage + 1), 'Job::Test',
           $2::text || '.' || j.nth, 'created', now(), now()
      FROM build b, unnest($5::int[]) WITH ORDINALITY AS j (stage, nth) ORDER BY j.nth
    RETURNING id
  ), queueable AS (
    INSERT INTO queueable_jobs (job_id) SELECT id FROM job ORDER BY id
  )
  SELECT repository_id AS "repositoryId", id AS "buildId",
         ARRAY(SELECT id FROM stage ORDER BY id) AS "stageIds", ARRAY(SELECT id FROM job ORDER BY id) AS "jobIds"
    FROM build`;

let builds = 0;

/** Inserts a created build with its stages and jobs, all queueable, as the service that configures builds would. */
export async function insertBuild(database: TestDatabase, shape: BuildShape): Promise<BuildRows> {
  builds += 1;
  const stageOf = typeof shape.jobs === 'number' ? Array<null>(shape.jobs).fill(null) : shape.jobs;
  const stages = [...new Set(stageOf)].filter((stage) => stage !== null);
  const config = JSON.stringify(shape.config ?? {});
  const [rows] = await database.query<BuildRows>(INSERT, [shape.repositoryId ?? null, builds, config, stages, stageOf]);
  if (!rows) throw new Error('nothing was inserted');
  return rows;
}
