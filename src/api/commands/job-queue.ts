import type { Tx } from '../../database/transaction';
import { timestampText } from '../../database/time';
import { Problem, notFound } from '../problems/problem';

/**
 * Records what a scheduler did: it gave a job to the workers' queue. Hub tells nobody, as when the scheduler writes the
 * rows itself.
 *
 * @param queuedAt when that was; now, if null
 * @param queue the queue's name; null leaves it as it is
 * @throws Problem 404 when there is no such job, 409 when it is not waiting to be queued
 */
export async function recordQueued(tx: Tx, jobId: number, queuedAt: Date | null, queue: string | null): Promise<void> {
  // The condition is checked again once the row is ours, so of two schedulers one is refused.
  const rows = await tx.query(
    `UPDATE jobs
        SET state = 'queued', queued_at = coalesce($2::timestamp, clock_timestamp() AT TIME ZONE 'UTC'),
            queue = coalesce($3, queue)
      WHERE id = $1::bigint AND source_type = 'Build' AND state = 'created'
     RETURNING id`,
    [jobId, timestampText(queuedAt), queue],
  );
  if (rows.length === 0) throw await whyNot(tx, jobId);
  await tx.query('DELETE FROM queueable_jobs WHERE job_id = $1::bigint', [jobId]);
}

async function whyNot(tx: Tx, jobId: number): Promise<Problem> {
  const rows = await tx.query<{ state: string | null }>(
    `SELECT state FROM jobs WHERE id = $1::bigint AND source_type = 'Build'`,
    [jobId],
  );
  const job = rows[0];
  if (!job) return notFound(`job ${jobId}`);
  return new Problem('conflict', {
    detail: `job ${jobId} is ${job.state ?? 'not created yet'}: only a created job can be queued. Restart it first.`,
  });
}
