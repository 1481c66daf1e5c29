import { drive } from './drive';
import type { Commits } from './hub-with-probe';
import { latencyOf, type Latency } from './latency';
import type { Options, Schema } from './options';
import { timeoutFor, WARM_UP_SEED } from './parts-throughput';
import type { Results } from './results';
import { Scene } from './scene';
import type { SeededTraffic } from './seed';
import { verify } from './verify';

/**
 * A process that has just started is slow, and that is not what operation is: V8 still compiles in the background, on the
 * same two cores, for some ten seconds at half load.
 */
const WARM_UP_MESSAGES = 20_000;
const GIANT_JOBS = 500;
/** One in ten messages is the giant's at most: it is one build among others. */
const MESSAGES_PER_GIANT_JOB = 30;
const FEWEST_MESSAGES = 500;
const MEMORY_POINTS = 20;

/** A latency and what was wrong while it was measured. */
export interface Measured<T> {
  readonly figures: T;
  readonly problems: readonly string[];
}

/** Publish-to-commit while messages come evenly, `rate` a second. */
export function measureLatency(
  schema: Schema,
  { seed, steadySeconds }: Options,
  rate: number,
  giantJobs?: number,
): Promise<Measured<Latency & { readonly rate: number }>> {
  return Scene.with({ schema }, async (scene) => {
    const fewest = giantJobs === undefined ? FEWEST_MESSAGES : giantJobs * MESSAGES_PER_GIANT_JOB;
    const messages = Math.max(fewest, Math.round(rate * steadySeconds));
    const warm = await scene.addTraffic({ messages: WARM_UP_MESSAGES, seed: seed + WARM_UP_SEED });
    const seeded = await scene.addTraffic({ messages, seed, ...(giantJobs !== undefined && { giantJobs }) });
    await scene.startHubs(1, { probe: true });
    await scene.load(warm);
    await drive(scene, warm, { timeoutMs: timeoutFor(WARM_UP_MESSAGES) });
    await takeCommits(scene);
    await scene.settle();
    const latency = await steadyLatency(scene, seeded, rate, giantJobs);
    return { figures: { rate, ...latency }, problems: await verify(scene, seeded, { inOrder: true }) };
  });
}

/** One build of many jobs among the others: how long the others take then. */
export async function measureGiant(
  schema: Schema,
  options: Options,
  rate: number,
  without: Latency,
): Promise<Measured<NonNullable<Results['giant']>>> {
  const { figures, problems } = await measureLatency(schema, options, rate, GIANT_JOBS);
  return { figures: { jobs: GIANT_JOBS, rate, others: figures, without }, problems };
}

/** A queue full of messages when Hub starts: memory while it drains, latency once it is back to normal. */
export function measureBacklog(
  schema: Schema,
  options: Options,
  rate: number,
): Promise<Measured<NonNullable<Results['backlog']>>> {
  const { seed, backlog, steadySeconds } = options;
  return Scene.with({ schema }, async (scene) => {
    const piled = await scene.addTraffic({ messages: backlog, seed });
    const after = await scene.addTraffic({
      messages: Math.max(FEWEST_MESSAGES, Math.round(rate * steadySeconds)),
      seed: seed + 1,
    });
    await scene.load(piled);
    const drained = await drive(scene, piled, {
      startHubs: () => scene.startHubs(1, { probe: true }),
      timeoutMs: timeoutFor(backlog),
    });
    // From now on the probe notes.
    await takeCommits(scene);
    const latency = await steadyLatency(scene, after, rate);
    const problems = [
      ...(await verify(scene, piled, { inOrder: true })),
      ...(await verify(scene, after, { inOrder: true })),
    ];
    const { memory } = drained;
    const every = Math.max(1, Math.floor(memory.length / MEMORY_POINTS));
    return {
      problems,
      figures: {
        messages: drained.messages,
        drainRate: drained.messages / drained.seconds,
        peakMb: drained.peakMb,
        memory: memory.filter((_, i) => i % every === 0 || i === memory.length - 1),
        after: { rate, ...latency },
      },
    };
  });
}

async function steadyLatency(scene: Scene, seeded: SeededTraffic, rate: number, giantJobs?: number): Promise<Latency> {
  await scene.load(seeded);
  const { published } = await drive(scene, seeded, { rate, timeoutMs: timeoutFor(seeded.traffic.messages.length) });
  const isMeasured = giantJobs === undefined ? undefined : (build: number) => build > 0;
  return latencyOf(seeded, published, await takeCommits(scene), isMeasured);
}

function takeCommits(scene: Scene): Promise<Commits[]> {
  return Promise.all(scene.hubs.map(({ child }) => child.ask<Commits>('commits')));
}
