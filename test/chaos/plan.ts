import { createHash } from 'node:crypto';
import { faultsOf } from './director';
import { planBuild } from './domain/traffic';
import type { FaultName } from './faults';

interface Planned {
  readonly seed: number;
  readonly faults: readonly FaultName[];
}

const BUILDS = 2_000;
const FAULTS = 100;

/** A short name for all that a seed stands for: two runs that show the same one played the same faults and builds. */
export function digestOfPlan({ seed, faults }: Planned): string {
  const builds = Array.from({ length: BUILDS }, (_, i) => planBuild(seed, i));
  return createHash('sha256')
    .update(JSON.stringify([firstFaults({ seed, faults }, FAULTS), builds]))
    .digest('hex')
    .slice(0, 12);
}

/** The plan in lines for people: faults in their order, and the first builds with what happens to their jobs. */
export function describePlan(options: Planned, builds = 20): string[] {
  const first = Array.from({ length: builds }, (_, i) => planBuild(options.seed, i));
  return [
    `seed ${options.seed} (plan ${digestOfPlan(options)})`,
    ...firstFaults(options, options.faults.length * 2).map((name, i) => `fault ${i + 1}: ${name}`),
    ...first.map(({ index, jobs }) => `build ${index + 1}: ${jobs.map(({ story }) => story.name).join(', ')}`),
  ];
}

function firstFaults({ seed, faults }: Planned, count: number): FaultName[] {
  const names = faultsOf(seed, faults);
  return Array.from({ length: count }, () => names.next().value as FaultName);
}
