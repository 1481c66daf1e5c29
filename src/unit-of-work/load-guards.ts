import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import type { RunRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

/** Loads what tells late, repeated and unnecessary messages apart. */
export async function loadGuards(tx: Tx, uow: UnitOfWork, commands: readonly Command[]): Promise<void> {
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
