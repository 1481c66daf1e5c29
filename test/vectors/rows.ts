import type { Pool } from 'pg';
import { supplyIds, type IdSupply } from './ids';
import { PlacedVector, type PlacedBuild } from './placed';
import type { InitialJob, Vector } from './vector';

type Row = Record<string, unknown>;

/** Columns with the types that jsonb_to_recordset needs, in the order in which foreign keys allow the inserts. */
const TABLES = {
  repositories: `id int, name varchar, owner_name varchar, owner_type varchar, owner_id int, private boolean,
    created_at timestamp, updated_at timestamp`,
  build_configs: `id int, repository_id int, key varchar, config json`,
  builds: `id bigint, repository_id int, number varchar, state varchar, duration int, event_type varchar,
    branch varchar, config_id int, owner_type varchar, owner_id int, started_at timestamp, finished_at timestamp,
    created_at timestamp, updated_at timestamp`,
  stages: `id int, build_id int, number int, name varchar, state varchar`,
  jobs: `id bigint, repository_id int, source_type varchar, source_id int, type varchar, stage_id int, number varchar,
    state varchar, allow_failure boolean, owner_type varchar, owner_id int, queued_at timestamp, received_at timestamp,
    started_at timestamp, finished_at timestamp, created_at timestamp, updated_at timestamp`,
  queueable_jobs: `job_id int`,
} as const;
type Table = keyof typeof TABLES;

/** The vectors list every other time, so these lie before all of them. */
const CREATED_AT = '2020-12-31T00:00:00';
const STAMPS = { created_at: CREATED_AT, updated_at: CREATED_AT };
const OWNER = { owner_type: 'User', owner_id: 1 };

/**
 * Inserts the rows of all vectors, one statement per table, with ids growing in the order that the vectors ask for:
 * repository, older builds, this build, its stages and jobs, newer builds.
 */
export async function placeVectors(pool: Pool, vectors: readonly Vector[]): Promise<PlacedVector[]> {
  const ids = await supplyIds(pool, vectors);
  const rows: Record<Table, Row[]> = {
    repositories: [],
    build_configs: [],
    builds: [],
    stages: [],
    jobs: [],
    queueable_jobs: [],
  };
  const placed = vectors.map((vector) => placeVector(vector, ids, rows));
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    for (const [table, columns] of Object.entries(TABLES)) {
      const names = columns
        .replace(/\s+/g, ' ')
        .split(', ')
        .map((column) => column.trim().split(' ')[0])
        .join(', ');
      await client.query(
        `INSERT INTO ${table} (${names}) SELECT ${names} FROM jsonb_to_recordset($1::jsonb) AS row (${columns})`,
        [JSON.stringify(rows[table as Table])],
      );
    }
    await pointRepositories(placed, (sql, params) => client.query(sql, params));
    await client.query('COMMIT');
  } finally {
    client.release();
  }
  return placed;
}

function placeVector(vector: Vector, ids: IdSupply, rows: Record<Table, Row[]>): PlacedVector {
  const repository_id = ids.next('repositories');
  const name = `${vector.id}-${repository_id}`;
  rows.repositories.push({ id: repository_id, name, owner_name: 'vectors', private: false, ...OWNER, ...STAMPS });

  const addBuild = (
    build: Row,
    stages: Vector['stages'],
    jobs: readonly InitialJob[],
  ): PlacedBuild & { stageIds: number[] } => {
    const id = ids.next('builds_and_jobs');
    rows.builds.push({ id, repository_id, event_type: 'push', branch: 'main', ...OWNER, ...STAMPS, ...build });
    const stageIds = stages.map((stage) => {
      const stageId = ids.next('stages');
      rows.stages.push({ id: stageId, build_id: id, name: `stage ${stage.number}`, ...stage });
      return stageId;
    });
    const jobIds = jobs.map(({ stage, queueable, ...job }) => {
      const jobId = ids.next('builds_and_jobs');
      const stage_id = stage === null ? null : stageIds[stage];
      const source = { source_type: 'Build', source_id: id, type: 'Job::Test' };
      rows.jobs.push({ id: jobId, repository_id, stage_id, ...source, ...OWNER, ...STAMPS, ...job });
      if (queueable) rows.queueable_jobs.push({ job_id: jobId });
      return jobId;
    });
    return { id, jobIds, stageIds };
  };
  const addOthers = (wanted: 'older' | 'newer') =>
    (vector.other_builds ?? []).map((other) => {
      const { position, jobs, ...build } = other;
      return position === wanted ? addBuild(build, [], jobs) : undefined;
    });

  const older = addOthers('older');
  const config_id = vector.config === undefined ? null : ids.next('build_configs');
  if (config_id !== null)
    rows.build_configs.push({ id: config_id, repository_id, key: vector.id, config: vector.config });
  const build = addBuild({ ...vector.build, config_id }, vector.stages, vector.jobs);
  const newer = addOthers('newer');
  const others = older.map((placed, index) => (placed ?? newer[index]) as PlacedBuild);
  return new PlacedVector(vector, repository_id, build, build.stageIds, others);
}

/** Repositories and builds refer to each other, so the repository's last and current build follow at the end. */
async function pointRepositories(
  placed: readonly PlacedVector[],
  query: (sql: string, params: unknown[]) => Promise<unknown>,
): Promise<void> {
  const rows = placed.flatMap(({ vector, repositoryId, otherBuilds }) => {
    if (vector.repository === undefined) return [];
    const { last_build, current_build, ...columns } = vector.repository;
    const position = (name: string | null): number => Number(name?.replace('other:', '') ?? -1);
    return {
      id: repositoryId,
      ...columns,
      last_build_id: otherBuilds[position(last_build)]?.id,
      last_build_number: vector.other_builds?.[position(last_build)]?.number,
      current_build_id: otherBuilds[position(current_build)]?.id,
    };
  });
  const columns = `last_build_id int, last_build_number varchar, last_build_state varchar, last_build_duration int,
    last_build_started_at timestamp, last_build_finished_at timestamp, current_build_id bigint`;
  const assignments = columns
    .split(',')
    .map((column) => column.trim().split(' ')[0])
    .map((name) => `${name} = row.${name}`);
  await query(
    `UPDATE repositories SET ${assignments.join(', ')}
     FROM jsonb_to_recordset($1::jsonb) AS row (id int, ${columns}) WHERE repositories.id = row.id`,
    [JSON.stringify(rows)],
  );
}
