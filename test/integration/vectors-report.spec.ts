import { join } from 'node:path';
import { Pool } from 'pg';
import { createTestDatabase } from '../support/database';
import type { Mismatch } from '../vectors/compare';
import type { Observation } from '../vectors/observe';
import { replay, type StepResult, type VectorResult } from '../vectors/replay';
import { report } from '../vectors/report';
import { readVectors, type Step, type Vector } from '../vectors/vector';

const [VECTOR, OTHER] = readVectors(join(__dirname, '../vectors/sample.jsonl')) as [Vector, Vector];
const WRONG: Mismatch = { field: 'after.build.state', expected: '"passed"', got: '"failed"' };

/** The vector played to its end, with mismatches at some steps. */
function played(vector: Vector, mismatches: Readonly<Record<number, Mismatch[]>> = {}): VectorResult {
  const clock = { from: new Date(0), to: new Date(0) };
  const steps = vector.steps.map((step, index): StepResult => {
    const got = { ...step, log_parts: [], new_versions: [], problems: [] } as Observation;
    return { step, before: step.after, got, clock, mismatches: mismatches[index] ?? [] };
  });
  return { vector, steps };
}

function printed(results: readonly VectorResult[], options: { all?: boolean; trace?: boolean } = {}): string[] {
  const lines: string[] = [];
  report(results, { all: false, trace: false, ...options }, (line) => lines.push(line));
  return lines;
}

describe('the report of a run', () => {
  it('is one line when all vectors pass', () => {
    expect(printed([played(VECTOR), played(OTHER)])).toEqual(['2 passed, 0 failed']);
  });

  it('names vector, step, field, what was expected and what was found, and ends with the counts', () => {
    const lines = printed([played(VECTOR, { 1: [WRONG] }), played(OTHER)]);
    expect(lines.slice(0, 3)).toEqual([
      `${VECTOR.id} step 1 (${VECTOR.steps[1]?.type} job 0) after.build.state`,
      '    expected "passed"',
      '    got      "failed"',
    ]);
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
  });

  it('keeps to the first step that differs, for the others often follow from it, and shows all when asked', () => {
    const results = [played(VECTOR, { 0: [WRONG], 2: [WRONG, WRONG] })];
    const titles = (lines: readonly string[]): string[] => lines.filter((line) => line.endsWith(WRONG.field));
    expect(titles(printed(results))).toHaveLength(1);
    expect(printed(results)).toContain(`${VECTOR.id} and 2 more in later steps (--all shows them)`);
    expect(titles(printed(results, { all: true }))).toHaveLength(3);
  });

  it('traces each step with what it did', () => {
    const lines = printed([played(VECTOR)], { trace: true });
    expect(lines.filter((line) => line.includes('| build '))).toHaveLength(VECTOR.steps.length);
    expect(lines.join('\n')).toContain('broadcasts');
  });

  it('counts a vector as failed when it was not played to its end', () => {
    const { vector, steps } = played(VECTOR);
    const lines = printed([{ vector, steps: steps.slice(0, 2) }]);
    expect(lines).toContain(`${vector.id} steps 2-${vector.steps.length - 1} not played`);
    expect(lines.at(-1)).toBe('0 passed, 1 failed');
  });
});

describe('a run that gets stuck', () => {
  it('stops, and blames the round for every vector that was in it', async () => {
    const database = await createTestDatabase();
    const pool = new Pool({ connectionString: database.url });
    try {
      const stuck = {
        play: () => Promise.reject(new Error('only 1 of 2 messages settled, 1 unacked')),
        close: () => Promise.resolve(),
      };
      const results = await replay(pool, stuck, [VECTOR, OTHER]);

      expect(results.map(({ steps }) => steps.length)).toEqual([1, 1]);
      expect(printed(results).join('\n')).toContain('the round did not come to its end: only 1 of 2 messages settled');
      expect(printed(results).at(-1)).toBe('0 passed, 2 failed');
    } finally {
      await pool.end();
      await database.drop();
    }
  });
});

describe('a vectors file', () => {
  it('is refused with file and line when a line is not a vector', () => {
    expect(() => readVectors(__filename)).toThrow(/vectors-report\.spec\.ts:1 is not JSON/);
  });

  it('keeps the steps in their order', () => {
    const types = VECTOR.steps.map(({ type }: Step) => type);
    expect(types[0]).toBe('job:cancel');
    expect(types).toContain('job:restart');
  });
});
