import { setTimeout as delay } from 'node:timers/promises';
import { Child } from './child';
import { drive } from './drive';
import type { BareProgress } from './bare';
import type { Options, Schema } from './options';
import { cpuOf, cpuOfFamily } from './proc';
import type { Published } from './publisher';
import { throughputOf, type SchemaResults, type Throughput } from './results';
import { QUEUE, Scene } from './scene';
import { verify } from './verify';

/** Hub's own default (src/config/variables.ts). */
const BATCH_SIZE = 200;
const SLOWEST_RATE = 50;
const LOOK_MS = 25;

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
    const seeded = await scene.addTraffic({ messages, seed });
    await scene.load(seeded);
    await scene.startHubs(replicas, batchSize === undefined ? {} : { batchSize });
    const driven = await drive(scene, seeded, { timeoutMs: timeoutFor(messages) });
    const problems = await verify(scene, seeded, { inOrder: replicas === 1 });
    const [row] = await scene.database.query<{ deadlocks: number }>(
      'SELECT deadlocks::int AS deadlocks FROM pg_stat_database WHERE datname = current_database()',
    );
    problems.push(...scene.hubs.flatMap(({ child }) => errorsIn(child.output)));
    return { ...throughputOf(driven, scene.hubs[0]?.startMs, problems), deadlocks: row?.deadlocks ?? 0 };
  });
}

/** The best of several runs: what disturbs a run only ever makes it slower. Problems of all of them count. */
export async function bestThroughput(options: ThroughputOptions, rounds: number): Promise<Throughput> {
  const runs: Throughput[] = [];
  for (let i = 0; i < rounds; i++) runs.push(await measureThroughput({ ...options, seed: options.seed + i }));
  const best = runs.reduce((a, b) => (b.throughput > a.throughput ? b : a));
  return { ...best, problems: runs.flatMap(({ problems }) => problems) };
}

/** (a): every message in a transaction of its own. Fewer messages, because it takes so much longer. */
export function measureBatchOfOne(schema: Schema, { messages, seed, rounds }: Options): Promise<Throughput> {
  return bestThroughput({ schema, seed, batchSize: 1, messages: Math.max(1_000, Math.round(messages / 10)) }, rounds);
}

/** (c): what amqplib and pg alone can do with the same statements in the same batches. */
export function measureBare(schema: Schema, { messages, seed }: Options): Promise<NonNullable<SchemaResults['bare']>> {
  return Scene.with({ schema }, async (scene) => {
    const seeded = await scene.addTraffic({ messages, seed });
    await scene.load(seeded);
    const args = [scene.database.url, scene.broker.url, QUEUE, String(BATCH_SIZE)];
    const bare = new Child('bench/bare.js', { args });
    try {
      await bare.ask('ready');
      const count = seeded.traffic.messages.length;
      const read = () => ({
        hub: cpuOf(bare.pid) ?? NaN,
        postgres: cpuOfFamily(scene.pids.postgres) ?? NaN,
        broker: cpuOf(scene.pids.broker) ?? NaN,
      });
      const before = read();
      const publishing = scene.publisher.ask<Published>('publish', { rate: null });
      publishing.catch(() => undefined);
      const deadline = Date.now() + timeoutFor(count);
      let progress = await bare.ask<BareProgress>('progress');
      while (progress.done < count) {
        if (Date.now() > deadline)
          throw new Error(`the bare consumer did ${progress.done} of ${count} messages in time`);
        await delay(LOOK_MS);
        progress = await bare.ask<BareProgress>('progress');
      }
      const { begun } = await publishing;
      const after = read();
      return {
        throughput: (count * 1_000) / (progress.at - begun),
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

/** Lines of Hub's log that nobody should have to read. */
function errorsIn(output: string): string[] {
  const lines = output.split('\n').filter((line) => /"level":"?(error|fatal|50|60)\b/.test(line));
  return lines.slice(0, 3).map((line) => `Hub logged an error: ${line.slice(0, 300)}`);
}
