import { createHash } from 'node:crypto';
import type { SidekiqJob } from './handover';

/** Says which delivery a job is, and when. */
export interface Stamp {
  readonly deliveryId: number;
  /** When the event happened, in milliseconds: the same for every attempt. */
  readonly happenedMs: number;
  /** When it is pushed, in milliseconds. */
  readonly nowMs: number;
}

/**
 * Writes a job as Sidekiq's client does (wire.md §4.1), each argument as a JSON text of its own: receivers parse them one
 * by one. A job that is scheduled has not been enqueued yet, and says so by leaving that time out.
 */
export function envelope(job: SidekiqJob, { deliveryId, happenedMs, nowMs }: Stamp): string {
  return JSON.stringify({
    retry: true,
    queue: job.queue,
    ...(job.dead === false && { dead: false }),
    class: job.class,
    args: job.args.map((arg) => JSON.stringify(arg)),
    jid: jobId(deliveryId),
    created_at: happenedMs / 1000,
    ...(job.delayMs === undefined && { enqueued_at: nowMs / 1000 }),
  });
}

/** 24 hexadecimal digits, the same for every attempt of a delivery: a repeat after a crash can be recognised by it. */
export function jobId(deliveryId: number): string {
  return createHash('sha256').update(`hub/delivery/${deliveryId}`).digest('hex').slice(0, 24);
}
