import { join } from 'node:path';
import { Pool } from 'pg';
import { createTestBroker } from '../support/broker';
import { createTestDatabase } from '../support/database';
import { burst, wholeOf } from '../vectors/burst';
import { compareStep } from '../vectors/compare';
import type { Observation } from '../vectors/observe';
import { replay, type VectorResult, type Way } from '../vectors/replay';
import { report } from '../vectors/report';
import { readVectors } from '../vectors/vector';
import { amqpWay } from '../vectors/ways/amqp';
import { directWay, FrozenClock } from '../vectors/ways/direct';

const SAMPLE = readVectors(join(__dirname, '../vectors/sample.jsonl'));

/** Replays the sample in a database of its own and closes everything again. */
async function replaySample(open: (databaseUrl: string) => Promise<Way>): Promise<readonly VectorResult[]> {
  const database = await createTestDatabase();
  const pool = new Pool({ connectionString: database.url });
  try {
    const way = await open(database.url);
    try {
      return await replay(pool, way, SAMPLE);
    } finally {
      await way.close();
    }
  } finally {
    await pool.end();
    await database.drop();
  }
}

function reportOf(results: readonly VectorResult[]): string {
  const lines: string[] = [];
  report(results, { trace: false, all: false }, (line) => lines.push(line));
  return lines.join('\n');
}

/** Every way of changing one value in what was found: all leaves of the rows, and each list one entry shorter. */
function* changes(got: Observation): Generator<[what: string, changed: Observation]> {
  const { problems: _problems, ...effects } = got;
  yield* changesBelow(effects, [], (path, value) => {
    const copy = JSON.parse(JSON.stringify(got)) as Record<string, unknown>;
    let parent = copy;
    for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
    parent[path.at(-1) as string] = value;
    return copy as unknown as Observation;
  });
}

function* changesBelow(
  value: unknown,
  path: readonly string[],
  replace: (path: readonly string[], value: unknown) => Observation,
): Generator<[string, Observation]> {
  const name = path.join('.');
  if (Array.isArray(value)) {
    if (value.length > 0) yield [`${name} shorter`, replace(path, value.slice(0, -1))];
    if (value.length > 0) yield [`${name} longer`, replace(path, [...(value as unknown[]), value[0]])];
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) yield* changesBelow(inner, [...path, key], replace);
    return;
  }
  yield [name, replace(path, another(value))];
}

function another(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  return value === null ? '2021-01-01T00:00:00Z' : `${value as string}?`;
}

describe('recorded vectors', () => {
  it('cover every kind of step, every deviation and other builds', () => {
    const steps = SAMPLE.flatMap((vector) => vector.steps);
    const types =
      'build:cancel build:restart external:queue job:cancel job:finish job:receive job:reset job:restart job:start';
    const deviations = 'B10 B12 B13 B15 B16 B17 B26 B30 B7';
    expect([...new Set(steps.map(({ type }) => type))].sort()).toEqual(types.split(' '));
    expect([...new Set(steps.flatMap((step) => step.deviations ?? []))].sort()).toEqual(deviations.split(' '));
    expect(SAMPLE.some((vector) => vector.other_builds !== undefined)).toBe(true);
  });

  it('pass through normalisation and batcher, and no value could have been different', async () => {
    const results = await replaySample((databaseUrl) => directWay(databaseUrl));

    expect(reportOf(results)).toBe(`${SAMPLE.length} passed, 0 failed`);
    expect(unnoticedChanges(results)).toEqual([]);
  });

  it('do the same when all messages of a build come at once and share a batch', async () => {
    const database = await createTestDatabase();
    const pool = new Pool({ connectionString: database.url });
    // One instant for both runs, so that nothing but the batching differs.
    const way = await directWay(database.url, new FrozenClock(new Date('2026-01-01T00:00:00Z'), 0));
    try {
      const oneByOne = await replay(pool, way, SAMPLE);
      const atOnce = await burst(pool, way, SAMPLE);

      expect(atOnce).toEqual(new Map(oneByOne.map((result) => [result.vector.id, wholeOf(result)])));
    } finally {
      await way.close();
      await pool.end();
      await database.drop();
    }
  });

  it('pass through a real broker', async () => {
    const broker = await createTestBroker();
    try {
      const results = await replaySample((databaseUrl) => amqpWay(databaseUrl, broker.url));

      expect(reportOf(results)).toBe(`${SAMPLE.length} passed, 0 failed`);
    } finally {
      await broker.drop();
    }
  }, 90_000);
});

/** Changes every single value of what Hub did, one at a time, and returns those that the comparison does not mind. */
function unnoticedChanges(results: readonly VectorResult[]): string[] {
  return results.flatMap(({ vector, steps }) =>
    steps.flatMap(({ step, before, got, clock }, index) =>
      [...changes(got)]
        .filter(([what, changed]) => !isFree(what) && compareStep(step, before, changed, clock).length === 0)
        .map(([what]) => `${vector.id} step ${index} ${what}`),
    ),
  );

  /** The words of a cascade's broadcasts are ours to choose. */
  function isFree(what: string): boolean {
    return /^broadcasts\.\d+\.reason$/.test(what);
  }
}
