import type { Pool } from 'pg';
import { compareStep, type Mismatch } from './compare';
import { isExternal, messageOf, type VectorMessage } from './message';
import { Observer, type Observation } from './observe';
import type { PlacedVector } from './placed';
import { readRows } from './read-rows';
import { placeVectors } from './rows';
import type { ClockWindow } from './times';
import type { Rows, Step, Vector } from './vector';

/** A way for messages into Hub. */
export interface Way {
  /** Hands over one message each of many vectors and resolves when all are settled. */
  play(messages: readonly VectorMessage[]): Promise<Round>;
  /** Stops Hub; throws when it leaves messages behind. */
  close(): Promise<void>;
}

export interface Round {
  /** When the messages were handled, by Hub's clock. */
  readonly clock: ClockWindow;
  /** What went wrong with a vector's message, by the vector's id. */
  readonly failures: ReadonlyMap<string, string>;
  /** Something is still in flight, so whatever came next could not be told from it. */
  readonly broken?: true;
}

export interface StepResult {
  readonly step: Step;
  /** The rows as they were before the step. */
  readonly before: Rows;
  readonly got: Observation;
  readonly clock: ClockWindow;
  readonly mismatches: readonly Mismatch[];
}

export interface VectorResult {
  readonly vector: Vector;
  readonly steps: readonly StepResult[];
}

/** True when every step was played and did what it should. */
export function passed({ vector, steps }: VectorResult): boolean {
  return steps.length === vector.steps.length && steps.every(({ mismatches }) => mismatches.length === 0);
}

/** Vectors replayed together: enough to fill Hub's batches, few enough to keep statements small. */
const CHUNK = 500;

/**
 * Replays vectors in rounds: the first step of each, then the second of each, and so on.
 *
 * Vectors know nothing of each other, so a round's messages run as concurrently as Hub likes; nothing is in flight
 * between rounds, so all rows can be read with a few statements and one frozen instant serves the whole round. When a
 * round does not come to its end, the rest is not played: its vectors have too few steps and thereby failed.
 */
export async function replay(pool: Pool, way: Way, vectors: readonly Vector[]): Promise<VectorResult[]> {
  const results: VectorResult[] = [];
  const observer = new Observer(pool);
  for (let start = 0; start < vectors.length; start += CHUNK) {
    const chunk = vectors.slice(start, start + CHUNK);
    results.push(...(await replayChunk(pool, way, observer, chunk)));
    if (results.some(isBroken)) return [...results, ...vectors.slice(start + CHUNK).map(notPlayed)];
  }
  return results;
}

const notPlayed = (vector: Vector): VectorResult => ({ vector, steps: [] });
const isBroken = ({ vector, steps }: VectorResult): boolean => steps.length < vector.steps.length;

async function replayChunk(
  pool: Pool,
  way: Way,
  observer: Observer,
  vectors: readonly Vector[],
): Promise<VectorResult[]> {
  const placed = await placeVectors(pool, vectors);
  const results = new Map<PlacedVector, StepResult[]>(placed.map((one) => [one, []]));
  const before = await readRows(pool, placed);
  const rounds = Math.max(0, ...vectors.map(({ steps }) => steps.length));
  for (let round = 0; round < rounds; round += 1) {
    const due = placed.filter(({ vector }) => round < vector.steps.length);
    const { clock, failures, broken } = await playRound(pool, way, due, round);
    const observed = await observer.observe(due);
    for (const [one, observation] of observed) {
      const step = one.vector.steps[round] as Step;
      const failure = failures.get(one.vector.id);
      const problems = failure === undefined ? observation.problems : [...observation.problems, failure];
      const got = { ...observation, problems };
      const rowsBefore = before.get(one) as Rows;
      const mismatches = compareStep(step, rowsBefore, got, clock);
      results.get(one)?.push({ step, before: rowsBefore, got, clock, mismatches });
      before.set(one, got.after);
    }
    if (broken) break;
  }
  return placed.map((one) => ({ vector: one.vector, steps: results.get(one) ?? [] }));
}

async function playRound(pool: Pool, way: Way, due: readonly PlacedVector[], round: number): Promise<Round> {
  const steps = due.map((one) => ({ one, step: one.vector.steps[round] as Step }));
  await playExternal(
    pool,
    steps.filter(({ step }) => isExternal(step)),
  );
  const from = new Date();
  try {
    return await way.play(steps.filter(({ step }) => !isExternal(step)).map(({ one, step }) => messageOf(one, step)));
  } catch (error) {
    const problem = `the round did not come to its end: ${error instanceof Error ? error.message : String(error)}`;
    const failures = new Map(due.map(({ vector }) => [vector.id, problem]));
    return { clock: { from, to: new Date() }, failures, broken: true };
  }
}

/** Does what other services do between two messages: so far only the scheduler, which queues jobs. */
export async function playExternal(
  pool: Pool,
  steps: readonly { readonly one: PlacedVector; readonly step: Step }[],
): Promise<void> {
  const unknown = steps.find(({ step }) => step.type !== 'external:queue');
  if (unknown) throw new Error(`step type ${unknown.step.type} is not known: teach replay.ts what it does`);
  const jobIds = steps.map(({ one, step }) => one.stepJobId(step));
  await pool.query(
    `UPDATE jobs SET state = 'queued', queued_at = queued.at
     FROM unnest($1::bigint[], $2::text[]::timestamp[]) AS queued (id, at) WHERE jobs.id = queued.id`,
    [jobIds, steps.map(({ step }) => step.body.queued_at)],
  );
  await pool.query('DELETE FROM queueable_jobs WHERE job_id = ANY($1)', [jobIds]);
}
