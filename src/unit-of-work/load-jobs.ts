import { JOB_STATES, type JobState } from '../contracts/states';
import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import type { BuildRow } from './load-builds';
import type { JobRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

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

/** What decides which jobs are loaded. */
interface Wanted {
  readonly commands: readonly Command[];
  /** The builds that were found and locked. */
  readonly builds: readonly BuildRow[];
  /** The build of each job that commands name. */
  readonly buildOf: ReadonlyMap<number, number>;
  /** Builds that a command for one of their jobs may change. */
  readonly reached: ReadonlySet<number>;
  /** Further jobs to lock. */
  readonly alsoLock: ReadonlySet<number>;
}

/**
 * Locks the commanded jobs and reads the siblings of those that may reach their build: they decide the roll-up but are
 * seldom written. A job whose build is not there (any more) counts as unknown.
 *
 * What is locked is read anew, and the rest cannot be older than the locks on the builds.
 */
export async function loadJobs(tx: Tx, uow: UnitOfWork, wanted: Wanted): Promise<void> {
  const { commands, builds, buildOf, reached, alsoLock } = wanted;
  const commanded = commands.filter(({ subject }) => subject === 'build').map(({ id }) => id);
  const found = new Set(builds.map(({ id }) => id));
  const named = [...new Set([...buildOf.keys(), ...alsoLock])];
  const [locked, siblings] = await Promise.all([lockJobs(tx, named, commanded), readSiblings(tx, [...reached], named)]);
  const lockedIds = new Set(locked.map(({ id }) => id));
  const rows = [...locked, ...siblings.filter(({ id }) => !lockedIds.has(id))];
  for (const row of rows.sort((a, b) => a.id - b.id)) {
    if (!found.has(row.build_id)) continue;
    const job = jobRecord(row, row.run ?? 1);
    uow.addJob(job, lockedIds.has(row.id));
    if (job.state !== row.state) uow.hasForeignState(job);
  }
  for (const id of [...commanded, ...reached]) uow.completeBuilds.add(id);
}

type LoadedRow = JobRow & { readonly run: number | null } & Record<string, unknown>;

const LOADED_COLUMNS = `${JOB_COLUMNS}, (SELECT run FROM hub.jobs h WHERE h.job_id = jobs.id) AS run`;

/** Locks jobs by id. Those of whole builds are found by another index, which the many batches without them need not ask. */
function lockJobs(tx: Tx, ids: readonly number[], buildIds: readonly number[]): Promise<LoadedRow[]> {
  return buildIds.length === 0
    ? tx.query<LoadedRow>(
        `SELECT ${LOADED_COLUMNS} FROM jobs
          WHERE id = ANY ($1::bigint[]) AND source_type = 'Build' ORDER BY id FOR NO KEY UPDATE`,
        [ids],
      )
    : tx.query<LoadedRow>(
        `SELECT ${LOADED_COLUMNS} FROM jobs
          WHERE source_type = 'Build' AND (id = ANY ($1::bigint[]) OR source_id = ANY ($2::bigint[]))
          ORDER BY id FOR NO KEY UPDATE`,
        [ids, buildIds],
      );
}

/**
 * Reads the jobs of builds that are not locked already.
 *
 * NOT IN looks each id up in a hash; `<> ALL` would compare it with all of them.
 */
async function readSiblings(tx: Tx, buildIds: readonly number[], locked: readonly number[]): Promise<LoadedRow[]> {
  if (buildIds.length === 0) return [];
  return tx.query<LoadedRow>(
    `SELECT ${LOADED_COLUMNS} FROM jobs
      WHERE source_type = 'Build' AND source_id = ANY ($1::bigint[]) AND id NOT IN (SELECT unnest($2::bigint[]))`,
    [buildIds, locked],
  );
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

/** NULL is "not yet created"; a state nobody knows accepts every event, like `queued` (states.md §1). */
function jobState(text: string | null): JobState {
  if (text === null || text === 'persisted') return 'created';
  return (JOB_STATES as readonly string[]).includes(text) ? (text as JobState) : 'queued';
}
