import type { RedisClient } from '../../redis/redis-connection';
import { envelope, type Stamp } from './envelope';
import type { SidekiqJob } from './handover';

/**
 * Pushes jobs to the queues of other services, as Sidekiq's own client does.
 *
 * @throws Error when Redis does not answer or refuses; its message holds nothing of the job.
 */
export class SidekiqClient {
  constructor(private readonly redis: RedisClient) {}

  get available(): boolean {
    return this.redis.isReady;
  }

  /** In one transaction: nobody sees a job in a queue that is not listed. */
  async push(job: SidekiqJob, stamp: Stamp, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    // A transaction would wait for the connection to come back, longer than the attempt may take.
    if (!this.available) throw new Error('Redis does not answer.');
    const text = envelope(job, stamp);
    const pushing =
      job.delayMs === undefined
        ? this.redis.multi().sAdd('queues', job.queue).lPush(`queue:${job.queue}`, text).exec()
        : this.redis.zAdd('schedule', { score: (stamp.nowMs + job.delayMs) / 1000, value: text });
    await Promise.race([pushing, whenAborted(signal)]).catch((error: unknown) => {
      throw new Error(explain(error));
    });
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('Redis did not answer in time.')), { once: true });
  });
}

/** Redis quotes the beginning of a command that it does not know, which may be a secret. */
function explain(error: unknown): string {
  const { replies } = error as { replies?: readonly unknown[] };
  const refusal = replies?.find((reply) => reply instanceof Error) ?? error;
  const words = refusal instanceof Error ? (refusal.message.split(/, with args|\n/)[0] ?? '') : '';
  return `Redis did not take the job: ${words.slice(0, 200)}`;
}
