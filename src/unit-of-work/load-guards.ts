import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import type { RunRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

/** Loads what tells late, repeated and unnecessary messages apart. */
export async function loadGuards(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  await Promise.all([
    loadRuns(tx, uow, commands),
    loadQueueable(tx, uow, commands),
    loadResets(tx, uow, commands),
    loadUpdatedAt(tx, uow, commands),
    loadAppliedMessages(tx, uow, commands),
  ]);
}

interface RunRow {
  readonly job_id: number;
  readonly ordinal: number;
  readonly uuid: string;
  readonly last_count: number;
  readonly received_at: Date | null;
  readonly instance_id: string | null;
  readonly run: number;
}

async function loadRuns(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const jobIds = commands.filter((c) => c.subject === 'job' && c.run !== undefined).map((c) => c.id);
  if (jobIds.length === 0) return;
  const rows = await tx.query<RunRow & Record<string, unknown>>(
    `SELECT job_id, ordinal, uuid, last_count, received_at, instance_id, run FROM hub.job_runs
      WHERE job_id = ANY ($1::bigint[]) ORDER BY job_id, ordinal`,
    [jobIds],
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

async function loadQueueable(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const jobIds = commands
    .filter((c) => c.subject === 'job' && (c.name === 'restart' || c.name === 'reset'))
    .map((c) => c.id);
  if (jobIds.length === 0) return;
  const rows = await tx.query<{ job_id: number }>(
    'SELECT job_id FROM queueable_jobs WHERE job_id = ANY ($1::bigint[])',
    [jobIds],
  );
  for (const row of rows) uow.queueable.add(row.job_id);
}

async function loadResets(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const jobIds = commands.filter((c) => c.subject === 'job' && c.name === 'reset').map((c) => c.id);
  if (jobIds.length === 0) return;
  const rows = await tx.query<{ job_id: number; resets: number; first_at: Date; last_at: Date }>(
    'SELECT job_id, resets, first_at, last_at FROM hub.job_resets WHERE job_id = ANY ($1::bigint[])',
    [jobIds],
  );
  for (const { job_id, resets, first_at, last_at } of rows) {
    uow.resets.set(job_id, { resets, firstAt: first_at, lastAt: last_at });
  }
}

/** A statement of its own, so that ordinary messages do not pay for the column. It is sent after the jobs are locked. */
async function loadUpdatedAt(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const jobIds = commands.filter((c) => c.subject === 'job' && c.untouchedSince !== undefined).map((c) => c.id);
  if (jobIds.length === 0) return;
  const rows = await tx.query<{ id: number; updated_at: Date }>(
    'SELECT id, updated_at FROM jobs WHERE id = ANY ($1::bigint[])',
    [jobIds],
  );
  for (const row of rows) uow.updatedAt.set(row.id, row.updated_at);
}

/**
 * Only for a while: the same words may be said again later, and mean it. An id that is given once is looked up for as long
 * as it is remembered; its fingerprint names its kind before a colon, which no hash holds.
 */
async function loadAppliedMessages(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
  const redelivered = commands.flatMap((c) => (c.message?.redelivered && !c.run ? [c.message.fingerprint] : []));
  if (redelivered.length === 0) return;
  const rows = await tx.query<{ fingerprint: string }>(
    `SELECT fingerprint FROM hub.applied_messages
      WHERE fingerprint = ANY ($1::varchar[]) 
        AND (applied_at > (now() AT TIME ZONE 'UTC') - interval '15 minutes' OR strpos(fingerprint, ':') > 0)`,
    [redelivered],
  );
  for (const row of rows) uow.appliedMessages.add(row.fingerprint);
}
