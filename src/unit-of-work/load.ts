import { LRUCache } from 'lru-cache';
import type { Command } from '../contracts/command';
import { BUILD_STATES, isFinished, JOB_STATES, type BuildState, type JobState } from '../contracts/states';
import type { Tx } from '../database/transaction';
import { readBuildConfig } from './build-config';
import type { BuildConfig, BuildRecord, JobRecord, RepositoryRecord, RunRecord, StageRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

/** Config rows never change, so what was read from them is kept. Keyed by `build_configs.id`. */
const configs = new LRUCache<number, BuildConfig>({ max: 10_000 });
const NO_CONFIG: BuildConfig = { fastFinish: false, broken: false };

/**
 * Locks and loads everything the commands may touch, set-wise and always in the same order: builds, repositories,
 * jobs, each by id (D1). What is read beside the locked rows is read by later statements, so it is as fresh as they are.
 *
 * @param alsoLock jobs that no command names but that turned out to be written
 */
export async function load(
  tx: Tx,
  uow: UnitOfWork,
  commands: readonly Command[],
  alsoLock: ReadonlySet<number>,
): Promise<void> {
  const jobIds = commands.filter((c) => c.subject === 'job').map((c) => c.id);
  const buildIds = commands.filter((c) => c.subject === 'build').map((c) => c.id);

  const builds = await lockBuilds(tx, jobIds, buildIds);
  const loadedIds = builds.map((row) => row.id);
  if (loadedIds.length === 0) return;
  await lockRepositories(tx, uow, commands, builds);
  await loadJobs(tx, uow, [...jobIds, ...alsoLock], buildIds, loadedIds);
  await loadBuilds(tx, uow, builds);
  await loadGuards(tx, uow, commands);
  await findOvertakenBuilds(tx, uow, commands);
}

interface BuildRow {
  id: number;
  repository_id: number | null;
  number: string | null;
  state: string | null;
  previous_state: string | null;
  config_id: number | null;
  duration: number | null;
  received_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  canceled_at: Date | null;
  restarted_at: Date | null;
}

function lockBuilds(tx: Tx, jobIds: readonly number[], buildIds: readonly number[]): Promise<BuildRow[]> {
  return tx.query<BuildRow>(
    `SELECT id, repository_id, number, state, previous_state, config_id, duration, received_at, started_at, finished_at,
            canceled_at, restarted_at
       FROM builds
      WHERE id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
      ORDER BY id FOR NO KEY UPDATE`,
    [jobIds, buildIds],
  );
}

/** A `receive` never reaches the build, so it does not queue up behind others of its repository. */
async function lockRepositories(
  tx: Tx,
  uow: UnitOfWork,
  commands: readonly Command[],
  builds: readonly BuildRow[],
): Promise<void> {
  if (commands.every((c) => c.name === 'receive')) return;
  const ids = unique(builds.map((row) => row.repository_id));
  if (ids.length === 0) return;
  const rows = await tx.query<{
    id: number;
    last_build_id: number | null;
    last_build_number: string | null;
    last_build_state: string | null;
    last_build_duration: number | null;
    last_build_started_at: Date | null;
    last_build_finished_at: Date | null;
    current_build_id: number | null;
  }>(
    `SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at,
            last_build_finished_at, current_build_id
       FROM repositories WHERE id = ANY ($1::integer[]) ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
  for (const row of rows) {
    const repository: RepositoryRecord = {
      id: row.id,
      lastBuildId: row.last_build_id,
      lastBuildNumber: row.last_build_number,
      lastBuildState: row.last_build_state,
      lastBuildDuration: row.last_build_duration,
      lastBuildStartedAt: row.last_build_started_at,
      lastBuildFinishedAt: row.last_build_finished_at,
      currentBuildId: row.current_build_id,
    };
    uow.repositories.set(row.id, repository);
    uow.track(repository);
  }
}

interface JobRow {
  id: number;
  build_id: number;
  repository_id: number | null;
  stage_id: number | null;
  number: string | null;
  allow_failure: boolean | null;
  queue: string | null;
  state: string | null;
  queued_at: Date | null;
  received_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  canceled_at: Date | null;
  restarted_at: Date | null;
  vm_size: string | null;
  restarted_by: number | null;
}

const JOB_COLUMNS = `id, source_id AS build_id, repository_id, stage_id, number, allow_failure, queue, state, queued_at,
  received_at, started_at, finished_at, canceled_at, restarted_at, vm_size, restarted_by`;

/**
 * Locks the commanded jobs and reads their siblings, which decide the roll-up but are seldom written. A job whose build
 * is not there (any more) counts as unknown.
 *
 * One statement: what it locks it reads anew, and the rest cannot be older than the locks on the builds.
 */
async function loadJobs(
  tx: Tx,
  uow: UnitOfWork,
  jobIds: readonly number[],
  buildIds: readonly number[],
  loadedIds: readonly number[],
): Promise<void> {
  const rows = await tx.query<JobRow & { locked: boolean; run: number | null }>(
    `WITH locked AS MATERIALIZED (
       SELECT ${JOB_COLUMNS} FROM jobs
        WHERE source_type = 'Build' AND source_id = ANY ($3::bigint[])
          AND (id = ANY ($1::bigint[]) OR source_id = ANY ($2::bigint[]))
        ORDER BY id FOR NO KEY UPDATE),
     loaded AS (
       SELECT *, true AS locked FROM locked
       UNION ALL
       SELECT ${JOB_COLUMNS}, false FROM jobs
        WHERE source_type = 'Build' AND source_id = ANY ($3::bigint[])
          AND id <> ALL ($1::bigint[]) AND source_id <> ALL ($2::bigint[]))
     SELECT loaded.*, h.run FROM loaded LEFT JOIN hub.jobs h ON h.job_id = loaded.id ORDER BY loaded.id`,
    [jobIds, buildIds, loadedIds],
  );
  for (const row of rows) {
    const job = jobRecord(row, row.run ?? 1);
    uow.addJob(job, row.locked);
    if (job.state !== row.state) uow.hasForeignState(job);
  }
}

/**
 * Locks jobs that no command named, such as those a failed stage cancels.
 *
 * @returns the ids of those that somebody else changed since they were read
 */
export async function lockLate(tx: Tx, uow: UnitOfWork, jobs: readonly JobRecord[]): Promise<Set<number>> {
  const rows = await tx.query<JobRow>(
    `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,
    [jobs.map((job) => job.id)],
  );
  const now = new Map(rows.map((row) => [row.id, jobRecord(row, 0)]));
  const differs = (job: JobRecord) => {
    const before = uow.originalOf(job);
    const fresh = now.get(job.id);
    return fresh?.state !== before.state || fresh.queuedAt?.getTime() !== before.queuedAt?.getTime();
  };
  return new Set(jobs.filter(differs).map((job) => job.id));
}

function jobRecord(row: JobRow, run: number): JobRecord {
  return {
    id: row.id,
    buildId: row.build_id,
    repositoryId: row.repository_id,
    stageId: row.stage_id,
    number: row.number,
    allowFailure: row.allow_failure ?? false,
    queue: row.queue,
    state: jobState(row.state),
    queuedAt: row.queued_at,
    receivedAt: row.received_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    canceledAt: row.canceled_at,
    restartedAt: row.restarted_at,
    vmSize: row.vm_size,
    restartedBy: row.restarted_by,
    run,
  };
}

async function loadBuilds(tx: Tx, uow: UnitOfWork, rows: readonly BuildRow[]): Promise<void> {
  const missing = unique(rows.map((row) => row.config_id)).filter((id) => !configs.has(id));
  if (missing.length > 0) {
    const found = await tx.query<{ id: number; config: unknown }>(
      'SELECT id, config FROM build_configs WHERE id = ANY ($1::integer[])',
      [missing],
    );
    for (const row of found) configs.set(row.id, readBuildConfig(row.config));
  }
  const notes = await loadStagesAndNotes(
    tx,
    uow,
    rows.map((row) => row.id),
  );
  for (const row of rows) {
    const own = notes.get(row.id);
    const restartedFrom = own?.restarted_from ?? null;
    const build: BuildRecord = {
      id: row.id,
      repositoryId: row.repository_id,
      number: row.number,
      config: row.config_id === null ? NO_CONFIG : (configs.get(row.config_id) ?? NO_CONFIG),
      previousState: row.previous_state,
      state: buildState(row.state),
      duration: row.duration,
      receivedAt: row.received_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      canceledAt: row.canceled_at,
      restartedAt: row.restarted_at,
      lastSeq: own?.last_seq ?? 0,
      restartedFrom: restartedFrom !== null && isFinished(restartedFrom) ? restartedFrom : null,
    };
    uow.builds.set(build.id, build);
    uow.track(build);
    if (build.state !== row.state) uow.hasForeignState(build);
  }
}

/** What `hub.builds` knows of a build. */
interface BuildNotes {
  readonly last_seq: number;
  readonly restarted_from: string | null;
}

interface StageRow {
  readonly build_id: number;
  readonly last_seq: number | null;
  readonly restarted_from: string | null;
  readonly id: number | null;
  readonly number: number | null;
  readonly name: string | null;
  readonly state: string | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

async function loadStagesAndNotes(
  tx: Tx,
  uow: UnitOfWork,
  buildIds: readonly number[],
): Promise<ReadonlyMap<number, BuildNotes>> {
  const rows = await tx.query<StageRow>(
    `SELECT b.id AS build_id, n.last_seq, n.restarted_from, s.id, s.number, s.name, s.state, s.started_at, s.finished_at
       FROM unnest($1::bigint[]) AS b(id)
       LEFT JOIN hub.builds n ON n.build_id = b.id
       LEFT JOIN stages s ON s.build_id = b.id
      ORDER BY s.id`,
    [buildIds],
  );
  const notes = new Map<number, BuildNotes>();
  for (const row of rows) {
    if (row.last_seq !== null) notes.set(row.build_id, { last_seq: row.last_seq, restarted_from: row.restarted_from });
    if (row.id === null) continue;
    const stage: StageRecord = {
      id: row.id,
      buildId: row.build_id,
      number: row.number,
      name: row.name,
      state: buildState(row.state),
      startedAt: row.started_at,
      finishedAt: row.finished_at,
    };
    uow.addStage(stage);
    if (stage.state !== row.state) uow.hasForeignState(stage);
  }
  return notes;
}

/** Loads what tells late, repeated and unnecessary messages apart. */
async function loadGuards(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const withRun = commands.filter((c) => c.subject === 'job' && c.run !== undefined).map((c) => c.id);
  if (withRun.length > 0) {
    const rows = await tx.query<{
      job_id: number;
      ordinal: number;
      uuid: string;
      last_count: number;
      received_at: Date | null;
      instance_id: string | null;
      run: number;
    }>(
      `SELECT job_id, ordinal, uuid, last_count, received_at, instance_id, run FROM hub.job_runs
        WHERE job_id = ANY ($1::bigint[]) ORDER BY job_id, ordinal`,
      [withRun],
    );
    for (const row of rows) {
      const run: RunRecord = {
        jobId: row.job_id,
        ordinal: row.ordinal,
        uuid: row.uuid,
        lastCount: row.last_count,
        receivedAt: row.received_at,
        instanceId: row.instance_id,
        run: row.run,
      };
      uow.track(run);
      const list = uow.runs.get(run.jobId);
      if (list) list.push(run);
      else uow.runs.set(run.jobId, [run]);
    }
  }

  const requeued = commands
    .filter((c) => c.subject === 'job' && (c.name === 'restart' || c.name === 'reset'))
    .map((c) => c.id);
  if (requeued.length > 0) {
    const rows = await tx.query<{ job_id: number }>(
      'SELECT job_id FROM queueable_jobs WHERE job_id = ANY ($1::bigint[])',
      [requeued],
    );
    for (const row of rows) uow.queueable.add(row.job_id);
  }

  // Only for a while: the same words may be said again later, and mean it.
  const redelivered = commands.flatMap((c) => (c.message?.redelivered && !c.run ? [c.message.fingerprint] : []));
  if (redelivered.length > 0) {
    const rows = await tx.query<{ fingerprint: string }>(
      `SELECT fingerprint FROM hub.applied_messages
        WHERE fingerprint = ANY ($1::varchar[]) AND applied_at > (now() AT TIME ZONE 'UTC') - interval '15 minutes'`,
      [redelivered],
    );
    for (const row of rows) uow.appliedMessages.add(row.fingerprint);
  }
}

/** A build that starts becomes its repository's current one unless a newer one has started (states.md §4). */
async function findOvertakenBuilds(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  if (commands.every((c) => c.name !== 'start')) return;
  const mayBecomeCreated = commands.some((c) => c.name === 'restart' || c.name === 'reset');
  const candidates = [...uow.builds.values()].filter(
    (b) => b.repositoryId !== null && (b.state === 'created' || mayBecomeCreated),
  );
  if (candidates.length === 0) return;
  const rows = await tx.query<{ id: number }>(
    `SELECT c.id FROM unnest($1::bigint[], $2::integer[]) AS c(id, repository_id)
      WHERE EXISTS (SELECT 1 FROM builds n
                     WHERE n.repository_id = c.repository_id AND n.id > c.id AND n.id <> ALL ($3::bigint[])
                       AND n.state IN ('started', 'passed', 'failed', 'errored', 'canceled'))`,
    [candidates.map((b) => b.id), candidates.map((b) => b.repositoryId), [...uow.builds.keys()]],
  );
  for (const row of rows) uow.overtakenBuilds.add(row.id);
}

/** NULL is "not yet created"; a state nobody knows accepts every event, like `queued` (states.md §1). */
function jobState(text: string | null): JobState {
  if (text === null || text === 'persisted') return 'created';
  return (JOB_STATES as readonly string[]).includes(text) ? (text as JobState) : 'queued';
}

function buildState(text: string | null): BuildState {
  return (BUILD_STATES as readonly string[]).includes(text ?? '') ? (text as BuildState) : 'created';
}

function unique(ids: readonly (number | null)[]): number[] {
  return [...new Set(ids)].filter((id) => id !== null);
}
