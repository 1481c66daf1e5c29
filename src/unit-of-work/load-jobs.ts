import { JOB_STATES, type JobState } from '../contracts/states';
import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import { buildState, type BuildRow } from './load-builds';
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
  /** Further jobs to lock. */
  readonly alsoLock: ReadonlySet<number>;
}

/**
 * Locks the commanded jobs and reads the siblings of those that may reach their build: they decide the roll-up but are
 * seldom written. A job whose build is not there (any more) counts as unknown.
 *
 * One statement: what it locks it reads anew, and the rest cannot be older than the locks on the builds.
 */
export async function loadJobs(tx: Tx, uow: UnitOfWork, { commands, builds, alsoLock }: Wanted): Promise<void> {
  const idsOf = (wanted: (command: Command) => boolean) => commands.filter(wanted).map(({ id }) => id);
  const jobIds = [...idsOf(({ subject }) => subject === 'job'), ...alsoLock];
  const buildIds = idsOf(({ subject }) => subject === 'build');
  const ending = idsOf(({ subject, name }) => subject === 'job' && name !== 'receive' && name !== 'start');
  const starting = idsOf(({ subject, name }) => subject === 'job' && name === 'start');
  const notStarted = builds.filter(({ state }) => buildState(state) === 'created').map(({ id }) => id);
  const rows = await tx.query<JobRow & { locked: boolean; run: number | null }>(
    `WITH locked AS MATERIALIZED (
       SELECT ${JOB_COLUMNS} FROM jobs
        WHERE source_type = 'Build' AND source_id = ANY ($3::bigint[])
          AND (id = ANY ($1::bigint[]) OR source_id = ANY ($2::bigint[]))
        ORDER BY id FOR NO KEY UPDATE),
     reached AS (
       SELECT DISTINCT build_id FROM locked
        WHERE id = ANY ($4::bigint[]) OR id = ANY ($5::bigint[]) AND build_id = ANY ($6::bigint[])),
     loaded AS (
       SELECT *, true AS locked FROM locked
       UNION ALL
       SELECT ${JOB_COLUMNS}, false FROM reached JOIN jobs ON source_type = 'Build' AND source_id = reached.build_id
        WHERE id <> ALL ($1::bigint[]) AND source_id <> ALL ($2::bigint[]))
     SELECT loaded.*, (SELECT run FROM hub.jobs h WHERE h.job_id = loaded.id) AS run FROM loaded ORDER BY loaded.id`,
    [jobIds, buildIds, builds.map(({ id }) => id), ending, starting, notStarted],
  );
  for (const row of rows) {
    const job = jobRecord(row, row.run ?? 1);
    uow.addJob(job, row.locked);
    if (job.state !== row.state) uow.hasForeignState(job);
  }
  const buildOf = (id: number) => uow.jobs.get(id)?.buildId ?? 0;
  const started = starting.map(buildOf).filter((id) => notStarted.includes(id));
  for (const id of [...buildIds, ...ending.map(buildOf), ...started]) uow.completeBuilds.add(id);
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
