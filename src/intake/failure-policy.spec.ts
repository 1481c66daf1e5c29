import pino from 'pino';
import { RejectedCommand } from '../contracts/command';
import { StoppingError } from './batcher';
import { FailurePolicy, judge, MOST_UNEXPECTED, retryDelayMs } from './failure-policy';
import type { Attempt } from './failure-policy';

const databaseAway = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const rejected = new RejectedCommand('unknown_job', 'there is no job 7');
const bug = new TypeError('x is not a function');
const never = new AbortController().signal;

/** Fails with the given errors, one after the other, and then succeeds. */
function failing(...errors: Error[]): () => Promise<void> {
  return () => {
    const error = errors.shift();
    return error ? Promise.reject(error) : Promise.resolve();
  };
}

function attempt(apply: () => Promise<void>, park: () => Promise<void> = failing()) {
  const parked: string[] = [];
  const it: Attempt = {
    name: 'job:start',
    apply,
    park: async (reason, detail) => {
      await park();
      parked.push(`${reason}: ${detail}`);
    },
  };
  return { it, parked };
}

const policy = (onRetry?: () => void): FailurePolicy => new FailurePolicy(pino({ level: 'silent' }), onRetry, () => 0);

describe('what becomes of a message that could not be applied', () => {
  it.each([
    [
      'is parked when it can never be applied',
      rejected,
      1,
      { kind: 'park', reason: 'unknown_job', detail: rejected.message },
    ],
    ['is left to the broker when Hub stops', new StoppingError(), 1, { kind: 'leave' }],
    ['is held while the database is away', databaseAway, 1_000, { kind: 'hold', why: 'database' }],
    ['is held after a failure nobody thought of', bug, MOST_UNEXPECTED - 1, { kind: 'hold', why: 'unexpected' }],
    [
      'is parked when such failures do not end',
      bug,
      MOST_UNEXPECTED,
      { kind: 'park', reason: 'failed', detail: `Failed 20 times, at last with: ${bug.message}` },
    ],
  ])('%s', (_what, error, unexpected, verdict) => {
    expect(judge(error, unexpected)).toEqual(verdict);
  });

  it('waits from 100 ms to 10 s, two minutes for all unexpected failures together', () => {
    expect(retryDelayMs(1, 1)).toBe(100);
    expect(retryDelayMs(2, 0)).toBe(160);
    expect(retryDelayMs(50, 1)).toBe(10_000);
    const total = Array.from({ length: MOST_UNEXPECTED - 1 }, (_, i) => retryDelayMs(i + 1, 0.5)).reduce(
      (a, b) => a + b,
    );
    expect(total).toBeGreaterThan(100_000);
    expect(total).toBeLessThan(140_000);
  });
});

describe('carrying it out', () => {
  it('acks what was applied, at once or after retries', async () => {
    let retries = 0;
    const { it: message, parked } = attempt(failing(databaseAway, bug, databaseAway));
    expect(await policy(() => retries++).run(message, never)).toBe('ack');
    expect(retries).toBe(3);
    expect(parked).toEqual([]);
  });

  it('acks a rejected message only after it is parked, however long that takes', async () => {
    const { it: message, parked } = attempt(failing(rejected), failing(databaseAway, bug, databaseAway));
    expect(await policy().run(message, never)).toBe('ack');
    expect(parked).toEqual(['unknown_job: there is no job 7']);
  });

  it('parks what failed unexpectedly twenty times', async () => {
    const { it: message, parked } = attempt(failing(...Array<Error>(20).fill(bug)));
    expect(await policy().run(message, never)).toBe('ack');
    expect(parked).toEqual([expect.stringContaining('failed: Failed 20 times')]);
  });

  it('never parks for an outage, and begins to count anew after one', async () => {
    const errors = [
      ...Array<Error>(15).fill(bug),
      ...Array<Error>(50).fill(databaseAway),
      ...Array<Error>(15).fill(bug),
    ];
    const { it: message, parked } = attempt(failing(...errors));
    expect(await policy().run(message, never)).toBe('ack');
    expect(parked).toEqual([]);
  });

  it('leaves a message to the broker when Hub stops', async () => {
    const { it: message, parked } = attempt(failing(new StoppingError()));
    expect(await policy().run(message, never)).toBe('leave');
    expect(parked).toEqual([]);
  });

  it('ends the waiting between two tries when it was given back', async () => {
    const slow = new FailurePolicy(pino({ level: 'silent' }), undefined, () => 3_600_000);
    const givenBack = new AbortController();
    const { it: message } = attempt(failing(databaseAway));
    const settled = slow.run(message, givenBack.signal);
    givenBack.abort();
    expect(await settled).toBe('leave');
  });

  it('says since when it holds something for the database', async () => {
    const begun = Date.now();
    const slow = new FailurePolicy(pino({ level: 'silent' }), undefined, () => 3_600_000);
    const givenBack = new AbortController();
    expect(slow.heldSince).toBeNull();
    const settled = [attempt(failing(bug)), attempt(failing(databaseAway))].map(({ it: message }) =>
      slow.run(message, givenBack.signal),
    );
    await new Promise(setImmediate);
    expect(slow.heldSince).toBeGreaterThanOrEqual(begun);
    givenBack.abort();
    await Promise.all(settled);
    expect(slow.heldSince).toBeNull();
  });
});
