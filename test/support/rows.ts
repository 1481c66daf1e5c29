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

let builds = 0;

/** Inserts a created build with its stages and jobs, all queueable, as the service that configures builds would. */
export async function insertBuild(database: TestDatabase, shape: BuildShape): Promise<BuildRows> {
  builds += 1;
  const repositoryId =
    shape.repositoryId ??
    (await insert(
      database,
      `INSERT INTO repositories (name, owner_name, created_at, updated_at) VALUES ('tool', 'acme', now(), now())`,
    ));
  const configId = await insert(
    database,
    'INSERT INTO build_configs (repository_id, key, config) VALUES ($1, $2, $3)',
    [repositoryId, `key-${builds}`, JSON.stringify(shape.config ?? {})],
  );
  const buildId = await insert(
    database,
    `INSERT INTO builds (repository_id, number, state, event_type, branch, config_id, created_at, updated_at)
     VALUES ($1, $2, 'created', 'push', 'main', $3, now(), now())`,
    [repositoryId, String(builds), configId],
  );
  const stageOf = typeof shape.jobs === 'number' ? [] : shape.jobs;
  const stageIds: number[] = [];
  for (const number of new Set(stageOf)) {
    stageIds.push(
      await insert(database, `INSERT INTO stages (build_id, number, state) VALUES ($1, $2, 'created')`, [
        buildId,
        number + 1,
      ]),
    );
  }
  const jobIds: number[] = [];
  const count = typeof shape.jobs === 'number' ? shape.jobs : shape.jobs.length;
  for (let i = 0; i < count; i++) {
    const stage = stageOf[i];
    const id = await insert(
      database,
      `INSERT INTO jobs (repository_id, source_type, source_id, stage_id, type, number, state, created_at, updated_at)
       VALUES ($1, 'Build', $2, $3, 'Job::Test', $4, 'created', now(), now())`,
      [repositoryId, buildId, stage === undefined ? null : stageIds[stage], `${builds}.${i + 1}`],
    );
    await database.query('INSERT INTO queueable_jobs (job_id) VALUES ($1)', [id]);
    jobIds.push(id);
  }
  return { repositoryId, buildId, stageIds, jobIds };
}

async function insert(database: TestDatabase, sql: string, params: readonly unknown[] = []): Promise<number> {
  const [row] = await database.query<{ id: number }>(`${sql} RETURNING id`, params);
  if (!row) throw new Error('nothing was inserted');
  return row.id;
}
