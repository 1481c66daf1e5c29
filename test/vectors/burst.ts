import type { Pool } from 'pg';
import { isExternal, messageOf } from './message';
import { Observer, type Observation } from './observe';
import type { PlacedVector } from './placed';
import { playExternal, type VectorResult, type Way } from './replay';
import { placeVectors } from './rows';
import type { Step, Vector } from './vector';

/** All a vector did: the rows at the end, and everything that happened on the way. */
export type Whole = Omit<Observation, 'log_parts' | 'new_versions'> &
  Record<'log_parts' | 'new_versions', readonly unknown[]>;

/**
 * Plays vectors without waiting for the outcome of each message: all messages up to the next external step are handed
 * over at once, in their order, so that many of one build meet in one batch.
 */
export async function burst(pool: Pool, way: Way, vectors: readonly Vector[]): Promise<Map<string, Whole>> {
  const placed = await placeVectors(pool, vectors);
  const left = new Map(placed.map((one) => [one, [...one.vector.steps]]));
  for (let anyLeft = true; anyLeft;) {
    const externals = placed.flatMap((one) => takeExternal(one, left.get(one) as Step[]));
    await playExternal(pool, externals);
    const { failures } = await way.play(
      placed.flatMap((one) => takeMessages(left.get(one) as Step[]).map((step) => messageOf(one, step))),
    );
    for (const [id, problem] of failures) throw new Error(`${id}: ${problem}`);
    anyLeft = [...left.values()].some((steps) => steps.length > 0);
  }
  const observed = await new Observer(pool).observe(placed);
  return new Map([...observed].map(([one, observation]) => [one.vector.id, whole([observation])]));
}

/** The same of a vector that was played step by step. */
export function wholeOf({ steps }: VectorResult): Whole {
  return whole(steps.map(({ got }) => got));
}

function whole(steps: readonly Observation[]): Whole {
  const all = <T>(list: (step: Observation) => readonly T[]): T[] => steps.flatMap(list);
  const last = steps.at(-1);
  if (last === undefined) throw new Error('a vector without steps has nothing to compare');
  return {
    after: last.after,
    events: all(({ events }) => events),
    broadcasts: all(({ broadcasts }) => broadcasts),
    log_clears: all(({ log_clears }) => log_clears),
    log_parts: all(({ log_parts }) => log_parts),
    // Per step they are in the order of jobs, here in that of steps.
    new_versions: all(({ new_versions }) => new_versions).sort((a, b) =>
      JSON.stringify(a) < JSON.stringify(b) ? -1 : 1,
    ),
    problems: all(({ problems }) => problems),
  };
}

/** The next step, if other services take it. */
function takeExternal(one: PlacedVector, steps: Step[]): { one: PlacedVector; step: Step }[] {
  const [step] = steps;
  if (step === undefined || !isExternal(step)) return [];
  steps.shift();
  return [{ one, step }];
}

/** The steps up to the next one that is no message. */
function takeMessages(steps: Step[]): Step[] {
  const end = steps.findIndex(isExternal);
  return steps.splice(0, end < 0 ? steps.length : end);
}
