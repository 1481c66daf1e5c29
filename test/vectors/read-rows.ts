import type { Pool } from 'pg';
import type { BuildState, JobState } from '../../src/contracts/states';
import type { PlacedVector } from './placed';
import { timeText, type TextTime } from './times';
import type { BuildRow, JobRow, RepositoryRow, Rows, StageRow } from './vector';

interface StoredJob {
  id: string;
  state: JobState;
  queued_at: TextTime;
  received_at: TextTime;
  started_at: TextTime;
  finished_at: TextTime;
  canceled_at: TextTime;
  restarted_at: TextTime;
  queueable: string;
  versions: string;
}
interface StoredStage {
  id: string;
  state: BuildState;
  started_at: TextTime;
  finished_at: TextTime;
}
interface StoredBuild extends StoredStage {
  duration: number | null;
  canceled_at: TextTime;
  restarted_at: TextTime;
}
interface StoredRepository {
  id: string;
  last_build_id: number | null;
  last_build_number: string | null;
  last_build_state: string | null;
  last_build_duration: number | null;
  last_build_started_at: TextTime;
  last_build_finished_at: TextTime;
  current_build_id: string | null;
}

interface Stored {
  readonly jobs: ReadonlyMap<number, StoredJob>;
  readonly stages: ReadonlyMap<number, StoredStage>;
  readonly builds: ReadonlyMap<number, StoredBuild>;
  readonly repositories: ReadonlyMap<number, StoredRepository>;
}

const JOBS = `
  SELECT id, state, queued_at::text, received_at::text, started_at::text, finished_at::text, canceled_at::text,
    restarted_at::text, (SELECT count(*) FROM queueable_jobs WHERE job_id = jobs.id) AS queueable,
    (SELECT count(*) FROM job_versions WHERE job_id = jobs.id) AS versions
  FROM jobs WHERE id = ANY($1)`;
const STAGES = 'SELECT id, state, started_at::text, finished_at::text FROM stages WHERE id = ANY($1)';
const BUILDS = `
  SELECT id, state, duration, started_at::text, finished_at::text, canceled_at::text, restarted_at::text
  FROM builds WHERE id = ANY($1)`;
const REPOSITORIES = `
  SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at::text,
    last_build_finished_at::text, current_build_id
  FROM repositories WHERE id = ANY($1)`;

/** Reads the rows of all vectors in the shape that the vectors have, one statement per table. */
export async function readRows(pool: Pool, placed: readonly PlacedVector[]): Promise<Map<PlacedVector, Rows>> {
  const read = async <R extends { id: string }>(sql: string, ids: number[]): Promise<Map<number, R>> => {
    const { rows } = await pool.query<R>(sql, [ids]);
    return new Map(rows.map((row) => [Number(row.id), row]));
  };
  const [jobs, stages, builds, repositories] = await Promise.all([
    read<StoredJob>(
      JOBS,
      placed.flatMap((one) => one.jobIds),
    ),
    read<StoredStage>(
      STAGES,
      placed.flatMap((one) => one.stageIds),
    ),
    read<StoredBuild>(
      BUILDS,
      placed.flatMap((one) => one.buildIds),
    ),
    read<StoredRepository>(
      REPOSITORIES,
      placed.map((one) => one.repositoryId),
    ),
  ]);
  const stored = { jobs, stages, builds, repositories };
  return new Map(placed.map((one) => [one, rowsOf(one, stored)]));
}

function rowsOf(placed: PlacedVector, { jobs, stages, builds, repositories }: Stored): Rows {
  const withOthers = placed.vector.other_builds !== undefined;
  const others = placed.otherBuilds.map((other) => ({
    ...stageRow(get(builds, other.id)),
    jobs: other.jobIds.map((id) => ({ state: get(jobs, id).state })),
  }));
  return {
    jobs: placed.build.jobIds.map((id) => jobRow(get(jobs, id))),
    stages: placed.stageIds.map((id) => stageRow(get(stages, id))),
    build: buildRow(get(builds, placed.build.id)),
    repository: repositoryRow(placed, get(repositories, placed.repositoryId), withOthers),
    ...(withOthers ? { other_builds: others } : {}),
  };
}

function jobRow(job: StoredJob): JobRow {
  return {
    state: job.state,
    queued_at: timeText(job.queued_at),
    received_at: timeText(job.received_at),
    started_at: timeText(job.started_at),
    finished_at: timeText(job.finished_at),
    canceled_at_set: job.canceled_at !== null,
    restarted_at_set: job.restarted_at !== null,
    queueable: Number(job.queueable) > 0,
    versions: Number(job.versions),
  };
}

function stageRow({ state, started_at, finished_at }: StoredStage): StageRow {
  return { state, started_at: timeText(started_at), finished_at: timeText(finished_at) };
}

function buildRow(build: StoredBuild): BuildRow {
  return {
    ...stageRow(build),
    duration: build.duration,
    canceled_at_set: build.canceled_at !== null,
    restarted_at_set: build.restarted_at !== null,
  };
}

function repositoryRow(placed: PlacedVector, stored: StoredRepository, withOthers: boolean): RepositoryRow {
  const lastBuild = placed.buildName(stored.last_build_id);
  const currentBuild = placed.buildName(stored.current_build_id === null ? null : Number(stored.current_build_id));
  return {
    last_build_is_this: lastBuild === 'this',
    last_build_number: stored.last_build_number,
    last_build_state: stored.last_build_state,
    last_build_duration: stored.last_build_duration,
    last_build_started_at: timeText(stored.last_build_started_at),
    last_build_finished_at: timeText(stored.last_build_finished_at),
    current_build_is_this: currentBuild === 'this',
    ...(withOthers ? { last_build: lastBuild, current_build: currentBuild } : {}),
  };
}

function get<R>(rows: ReadonlyMap<number, R>, id: number): R {
  const row = rows.get(id);
  if (row === undefined) throw new Error(`row ${id} of a vector is gone: somebody deleted it during the run`);
  return row;
}
