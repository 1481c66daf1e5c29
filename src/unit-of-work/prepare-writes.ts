import { timestampText } from '../database/time';
import type { Tx } from '../database/transaction';
import { Writes } from '../database/writes';
import { BulkUpdate, toParameter } from './bulk-update';
import { lockLate } from './load-jobs';
import type { BuildRecord, JobRecord, RepositoryRecord, RunRecord, StageRecord } from './records';
import { saveMemories } from './save-memories';
import type { UnitOfWork } from './unit-of-work';

const jobs = new BulkUpdate<JobRecord>('jobs', [
  { property: 'state', column: 'state', type: 'varchar' },
  { property: 'queuedAt', column: 'queued_at', type: 'timestamp' },
  { property: 'receivedAt', column: 'received_at', type: 'timestamp' },
  { property: 'startedAt', column: 'started_at', type: 'timestamp' },
  { property: 'finishedAt', column: 'finished_at', type: 'timestamp' },
  { property: 'canceledAt', column: 'canceled_at', type: 'timestamp' },
  { property: 'restartedAt', column: 'restarted_at', type: 'timestamp' },
  { property: 'vmSize', column: 'vm_size', type: 'varchar' },
  { property: 'restartedBy', column: 'restarted_by', type: 'integer' },
]);

const stages = new BulkUpdate<StageRecord>('stages', [
  { property: 'state', column: 'state', type: 'varchar' },
  { property: 'startedAt', column: 'started_at', type: 'timestamp' },
  { property: 'finishedAt', column: 'finished_at', type: 'timestamp' },
]);

const builds = new BulkUpdate<BuildRecord>('builds', [
  { property: 'state', column: 'state', type: 'varchar' },
  { property: 'duration', column: 'duration', type: 'integer' },
  { property: 'receivedAt', column: 'received_at', type: 'timestamp' },
  { property: 'startedAt', column: 'started_at', type: 'timestamp' },
  { property: 'finishedAt', column: 'finished_at', type: 'timestamp' },
  { property: 'canceledAt', column: 'canceled_at', type: 'timestamp' },
  { property: 'restartedAt', column: 'restarted_at', type: 'timestamp' },
]);

const repositories = new BulkUpdate<RepositoryRecord>(
  'repositories',
  [
    { property: 'lastBuildId', column: 'last_build_id', type: 'integer' },
    { property: 'lastBuildNumber', column: 'last_build_number', type: 'varchar' },
    { property: 'lastBuildState', column: 'last_build_state', type: 'varchar' },
    { property: 'lastBuildDuration', column: 'last_build_duration', type: 'integer' },
    { property: 'lastBuildStartedAt', column: 'last_build_started_at', type: 'timestamp' },
    { property: 'lastBuildFinishedAt', column: 'last_build_finished_at', type: 'timestamp' },
    { property: 'currentBuildId', column: 'current_build_id', type: 'bigint' },
  ],
  [`updated_at = statement_timestamp() AT TIME ZONE 'UTC'`],
);

/** Thrown when a job that no command names was changed by somebody else meanwhile: the batch starts over with it locked. */
export class ConcurrentChange extends Error {
  constructor(readonly jobIds: ReadonlySet<number>) {
    super(`jobs ${[...jobIds].join(', ')} changed while they were decided on; the batch is run again with them locked`);
  }
}

/**
 * Collects the writes of everything that the commands decided. Rows of `builds`, `repositories` and `jobs` are locked
 * already, save for jobs that no command names: those are locked here.
 *
 * @throws ConcurrentChange when a decision was made on a job that was not locked and that has changed since
 */
export async function prepareWrites(tx: Tx, uow: UnitOfWork): Promise<Writes> {
  const unlocked = [...uow.jobs.values()].filter((job) => !uow.lockedJobs.has(job.id) && jobs.maskOf(uow, job) !== 0);
  if (unlocked.length > 0) {
    const changed = await lockLate(tx, uow, unlocked);
    if (changed.size > 0) throw new ConcurrentChange(changed);
  }

  uow.adoptStates();

  const writes = new Writes();
  insertVersions(writes, uow);
  jobs.collect(writes, uow, uow.jobs.values());
  changeQueueable(writes, uow);
  stages.collect(writes, uow, uow.stages.values());
  builds.collect(writes, uow, uow.builds.values());
  repositories.collect(writes, uow, uow.repositories.values());
  saveLifecycles(writes, uow);
  saveRuns(writes, uow);
  saveBuildNotes(writes, uow);
  saveMemories(writes, uow);
  return writes;
}

function insertVersions(writes: Writes, uow: UnitOfWork): void {
  if (uow.versions.length === 0) return;
  const nth = new Map<number, number>();
  const offsets = uow.versions.map(({ jobId }) => {
    const n = (nth.get(jobId) ?? 0) + 1;
    nth.set(jobId, n);
    return n;
  });
  const column = (pick: (v: (typeof uow.versions)[number]) => unknown) => uow.versions.map((v) => toParameter(pick(v)));
  writes.add(
    `INSERT INTO job_versions (job_id, number, state, created_at, queued_at, received_at, started_at, finished_at, restarted_at)
     SELECT v.job_id, v.nth + coalesce((SELECT max(number) FROM job_versions o WHERE o.job_id = v.job_id), 0),
            v.state, j.created_at, v.queued_at, v.received_at, v.started_at, v.finished_at, v.restarted_at
       FROM unnest($1::bigint[], $2::integer[], $3::varchar[], $4::timestamp[], $5::timestamp[], $6::timestamp[],
                   $7::timestamp[], $8::timestamp[])
            AS v(job_id, nth, state, queued_at, received_at, started_at, finished_at, restarted_at)
       JOIN jobs j ON j.id = v.job_id`,
    [
      column((v) => v.jobId),
      offsets,
      column((v) => v.state),
      column((v) => v.queuedAt),
      column((v) => v.receivedAt),
      column((v) => v.startedAt),
      column((v) => v.finishedAt),
      column((v) => v.restartedAt),
    ],
  );
}

/** `queueable_jobs.job_id` is not unique in a Travis database, hence insert-if-none and delete-all. */
function changeQueueable(writes: Writes, uow: UnitOfWork): void {
  const ids = (change: 'insert' | 'delete') =>
    [...uow.queueableChanges].filter(([, wanted]) => wanted === change).map(([jobId]) => jobId);
  const gone = ids('delete');
  if (gone.length > 0) writes.add('DELETE FROM queueable_jobs WHERE job_id = ANY ($1::bigint[])', [gone]);
  const wanted = ids('insert');
  if (wanted.length > 0) {
    writes.add(
      `INSERT INTO queueable_jobs (job_id) SELECT w.id FROM unnest($1::bigint[]) AS w(id)
        WHERE NOT EXISTS (SELECT 1 FROM queueable_jobs q WHERE q.job_id = w.id)`,
      [wanted],
    );
  }
}

function saveLifecycles(writes: Writes, uow: UnitOfWork): void {
  const changed = [...uow.jobs.values()].filter((job) => uow.isChanged(job, 'run'));
  if (changed.length === 0) return;
  writes.add(
    `INSERT INTO hub.jobs (job_id, run) SELECT * FROM unnest($1::bigint[], $2::integer[])
     ON CONFLICT (job_id) DO UPDATE SET run = excluded.run`,
    [changed.map((job) => job.id), changed.map((job) => job.run)],
  );
}

/** New and known ones apart, which costs half of an upsert: nobody else writes them while the build is locked. */
function saveRuns(writes: Writes, uow: UnitOfWork): void {
  const runs = [...uow.runs.values()].flat();
  const seenFirst = runs.filter((run) => uow.originalOf(run) === run);
  if (seenFirst.length > 0) {
    writes.add(
      `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, received_at, instance_id, run)
       SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[], $4::integer[], $5::timestamp[], $6::varchar[], $7::integer[])`,
      [
        seenFirst.map((r) => r.jobId),
        seenFirst.map((r) => r.ordinal),
        seenFirst.map((r) => r.uuid),
        seenFirst.map((r) => r.lastCount),
        seenFirst.map((r) => timestampText(r.receivedAt)),
        seenFirst.map((r) => r.instanceId),
        seenFirst.map((r) => r.run),
      ],
    );
  }
  const goneOn = runs.filter((run) => hasGoneOn(uow, run));
  if (goneOn.length > 0) {
    writes.add(
      `UPDATE hub.job_runs r SET last_count = c.last_count, received_at = c.received_at, instance_id = c.instance_id, run = c.run
         FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::timestamp[], $5::varchar[], $6::integer[])
              AS c(job_id, ordinal, last_count, received_at, instance_id, run)
        WHERE r.job_id = c.job_id AND r.ordinal = c.ordinal`,
      [
        goneOn.map((r) => r.jobId),
        goneOn.map((r) => r.ordinal),
        goneOn.map((r) => r.lastCount),
        goneOn.map((r) => timestampText(r.receivedAt)),
        goneOn.map((r) => r.instanceId),
        goneOn.map((r) => r.run),
      ],
    );
  }
}

function hasGoneOn(uow: UnitOfWork, run: RunRecord): boolean {
  return (['lastCount', 'receivedAt', 'instanceId', 'run'] as const).some((property) => uow.isChanged(run, property));
}

function saveBuildNotes(writes: Writes, uow: UnitOfWork): void {
  const changed = [...uow.builds.values()].filter(
    (b) => uow.isChanged(b, 'lastSeq') || uow.isChanged(b, 'restartedFrom'),
  );
  if (changed.length === 0) return;
  writes.add(
    `INSERT INTO hub.builds (build_id, last_seq, restarted_from) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[])
     ON CONFLICT (build_id) DO UPDATE SET last_seq = excluded.last_seq, restarted_from = excluded.restarted_from`,
    [changed.map((b) => b.id), changed.map((b) => b.lastSeq), changed.map((b) => b.restartedFrom)],
  );
}
