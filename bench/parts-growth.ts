import { drive } from './drive';
import type { Options, Schema } from './options';
import { timeoutFor } from './parts-throughput';
import { throughputOf, type GrowthResults, type GrowthSide } from './results';
import { Scene } from './scene';
import type { Stock } from './stock';
import { verify } from './verify';

const SMALL: Stock = { jobs: 1_000, events: 10_000 };
/** The first drive of each side only warms caches up. */
const DRIVES = 3;

/** The same traffic on a nearly empty database and on one in which years have piled up. */
export async function measureGrowth(schema: Schema, options: Options): Promise<GrowthResults> {
  const small = await measureWith(schema, options, SMALL);
  const large = await measureWith(schema, options, options.stock);
  const [smallCpu, largeCpu] = [small.cpuMsPerMessage, large.cpuMsPerMessage];
  return {
    small,
    large,
    cpuRatio: smallCpu === undefined || largeCpu === undefined ? undefined : largeCpu / smallCpu,
    throughputRatio: large.throughput / small.throughput,
  };
}

/** The cheapest of several drives: what disturbs one only ever makes it dearer. */
function measureWith(schema: Schema, { seed, messages }: Options, stock: Stock): Promise<GrowthSide> {
  const each = Math.max(1_000, Math.round(messages / 2));
  return Scene.with({ schema, stock }, async (scene) => {
    await scene.startHubs(1);
    const sides: GrowthSide[] = [];
    for (let i = 0; i < DRIVES; i++) {
      const seeded = await scene.addTraffic({ messages: each, seed: seed + i });
      await scene.load(seeded);
      const driven = await drive(scene, seeded, { timeoutMs: timeoutFor(each) });
      const problems = await verify(scene, seeded, { inOrder: true });
      const figures = throughputOf(driven, scene.hubs[0]?.startMs, problems);
      if (i > 0 || problems.length > 0) sides.push({ ...figures, storedJobs: stock.jobs, storedEvents: stock.events });
    }
    const best = sides.reduce((a, b) => ((b.cpuMsPerMessage ?? 0) < (a.cpuMsPerMessage ?? 0) ? b : a));
    return { ...best, problems: sides.flatMap(({ problems }) => problems) };
  });
}
