import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child';
import { drive, MOST_WAITING } from './drive';
import type { BareProgress } from './bare';
import type { Schema, Traffic } from './options';
import { cpuOf, cpuOfFamily } from './proc';
import type { Published } from './publisher';
import { throughputOf, type SchemaResults, type Throughput } from './results';
import { QUEUE, Scene } from './scene';
import type { SeededTraffic } from './seed';
import { verify } from './verify';

/** Hub's own default (src/config/variables.ts). */
const BATCH_SIZE = 200;
const SLOWEST_RATE = 50;
const LOOK_MS = 25;

/** A program that has just started is slow for a second; what counts is how fast it is from then on. */
const WARM_UP_SHARE = 0.1;
export const WARM_UP_SEED = 7_000;

function warmUpOf(messages: number): number {
  return Math.max(500, Math.round(messages * WARM_UP_SHARE));
}

/** A run that does not end is a finding, not a reason to wait for ever. */
export function timeoutFor(messages: number): number {
  return 60_000 + (messages / SLOWEST_RATE) * 1_000;
}

export interface ThroughputOptions {
  readonly schema: Schema;
  readonly messages: number;
  readonly seed: number;
  readonly batchSize?: number;
  readonly replicas?: number;
}

/** Publishes as fast as it goes and waits until all is delivered; then looks whether all is right. */
export function measureThroughput(options: ThroughputOptions): Promise<Throughput & { readonly deadlocks: number }> {
  const { schema, messages, seed, batchSize, replicas = 1 } = options;
  return Scene.with({ schema }, async (scene) => {
    const inOrder = replicas === 1;
    const order = { anyOrder: !inOrder };
    const warm = await scene.addTraffic({ messages: warmUpOf(messages), seed: seed + WARM_UP_SEED, ...order });
    const seeded = await scene.addTraffic({ messages, seed, ...order });
    await scene.startHubs(replicas, batchSize === undefined ? {} : { batchSize });
    await scene.load(warm);
    await drive(scene, warm, { timeoutMs: timeoutFor(messages) });
    await scene.load(seeded);
    await scene.settle();
    const driven = await drive(scene, seeded, { timeoutMs: timeoutFor(messages) });
    const problems = [...(await verify(scene, warm, { inOrder })), ...(await verify(scene, seeded, { inOrder }))];
    const [row] = await scene.database.query<{ deadlocks: number }>(
      'SELECT deadlocks::int AS deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    problems.push(...scene.hubs.flatMap(({ child }) => errorsIn(child.output)));
    return { ...throughputOf(driven, scene.hubs[0]?.startMs, problems), deadlocks: row?.deadlocks ?? 0 };
  });
}

/** (a): every message in a transaction of its own. Fewer messages, because it takes so much longer. */
export function measureBatchOfOne(schema: Schema, { messages, seed }: Traffic): Promise<Throughput> {
  return measureThroughput({ schema, seed, batchSize: 1, messages: Math.max(1_000, Math.round(messages / 10)) });
}

/** (c): what amqplib and pg alone can do with the same statements in the same batches. */
export function measureBare(schema: Schema, { messages, seed }: Traffic): Promise<NonNullable<SchemaResults['bare']>> {
  return Scene.with({ schema }, async (scene) => {
    const warm = await scene.addTraffic({ messages: warmUpOf(messages), seed: seed + WARM_UP_SEED });
    const seeded = await scene.addTraffic({ messages, seed });
    const args = [scene.database.url, scene.broker.url, QUEUE, String(BATCH_SIZE)];
    const bare = new Child('bench/bare.js', { args });
    try {
      await bare.ask('ready');
      await runBare(scene, bare, warm, 0);
      await scene.settle();
      const read = () => ({
        hub: cpuOf(bare.pid) ?? NaN,
        postgres: cpuOfFamily(scene.pids.postgres) ?? NaN,
        broker: cpuOf(scene.pids.broker) ?? NaN,
      });
      const before = read();
      const seconds = await runBare(scene, bare, seeded, warm.traffic.messages.length);
      const after = read();
      return {
        throughput: seeded.traffic.messages.length / seconds,
        cpuSeconds: {
          hub: after.hub - before.hub,
          postgres: after.postgres - before.postgres,
          broker: after.broker - before.broker,
        },
      };
    } finally {
      await bare.stop();
    }
  });
}

/** @returns the seconds from the first publish to the last commit */
async function runBare(scene: Scene, bare: Child, seeded: SeededTraffic, doneBefore: number): Promise<number> {
  await scene.load(seeded);
  const count = seeded.traffic.messages.length;
  const publishing = scene.publisher.ask<Published>('publish', { rate: null, waiting: MOST_WAITING });
  publishing.catch(() => undefined);
  const deadline = Date.now() + timeoutFor(count);
  for (;;) {
    const { done, at } = await bare.ask<BareProgress>('progress');
    if (done >= doneBefore + count) return (at - (await publishing).begun) / 1_000;
    if (Date.now() > deadline)
      throw new Error(`the bare consumer did ${done - doneBefore} of ${count} messages in time`);
    await delay(LOOK_MS);
  }
}

/** Lines of Hub's log that nobody should have to read. */
function errorsIn(output: string): string[] {
  const lines = output.split('\n').filter((line) => /"level":"?(error|fatal|50|60)\b/.test(line));
  return lines.slice(0, 3).map((line) => `Hub logged an error: ${line.slice(0, 300)}`);
}
