import { randomBytes } from 'node:crypto';
import type { RedisClientType } from '@redis/client';

/** How the arguments of a job are written: most services encode each as JSON once more, Hub's `drain` does not. */
export type Encoding = 'encoded' | 'raw';

/** A job as Sidekiq's client writes it (7.2; version 8 gives its times in milliseconds). */
export function sidekiqJob(
  event: string,
  payload: unknown,
  encoding: Encoding = 'encoded',
  changes: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const encoded = encoding === 'encoded';
  return {
    retry: true,
    queue: 'hub',
    class: 'Travis::Hub::Sidekiq::Worker',
    args: encoded ? [JSON.stringify(event), JSON.stringify(payload)] : [event, payload],
    jid: randomBytes(12).toString('hex'),
    created_at: 1_700_000_000.123,
    enqueued_at: 1_700_000_000.124,
    ...changes,
  };
}

/** Queues jobs, or any other text, as Sidekiq's client does: the first one is taken first. */
export async function push(client: RedisClientType, ...jobs: readonly unknown[]): Promise<void> {
  const texts = jobs.map((job) => (typeof job === 'string' || Buffer.isBuffer(job) ? job : JSON.stringify(job)));
  await client.multi().sAdd('queues', 'hub').lPush('queue:hub', texts).exec();
}

/** In one step, or a job that moves meanwhile would be missed. */
const COUNT = `
local held = 0
for _, process in ipairs(redis.call('ZRANGE', 'hub:in-progress', 0, -1)) do
  held = held + redis.call('LLEN', 'hub:in-progress:' .. process)
end
return {redis.call('LLEN', 'queue:hub'), held}`;

/** Everything of Hub's queue that Redis still has: what waits, and what is in progress somewhere. */
export async function jobsInRedis(client: RedisClientType): Promise<{ waiting: number; inProgress: number }> {
  const [waiting, inProgress] = (await client.eval(COUNT)) as unknown as [number, number];
  return { waiting, inProgress };
}

/** As if no process had been heard of for so long. */
export async function letTimePass(client: RedisClientType, seconds: number): Promise<void> {
  for (const { value, score } of await client.zRangeWithScores('hub:in-progress', 0, -1))
    await client.zAdd('hub:in-progress', { value, score: score - seconds });
}
