import { nextState } from './next-state';

const policy = { firstPauseMs: 1_000, longestPauseMs: 60_000, attempts: 5 };

describe('nextState', () => {
  it('ends a delivery that arrived, was refused or is no longer wanted', () => {
    expect(nextState({ kind: 'delivered' }, 1, policy, 0)).toEqual({ state: 'delivered' });
    expect(nextState({ kind: 'rejected', reason: 'gone' }, 1, policy, 0)).toEqual({ state: 'failed' });
    expect(nextState({ kind: 'dropped', reason: 'newer run' }, 1, policy, 0)).toEqual({ state: 'dropped' });
  });

  it('doubles the pause with each failure, spread by a quarter to both sides', () => {
    const pauses = [1, 2, 3, 4].map((attempt) => nextState({ kind: 'retry', reason: 'x' }, attempt, policy, 0.5));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000].map((pauseMs) => ({ state: 'pending', pauseMs })));
    expect(nextState({ kind: 'retry', reason: 'x' }, 1, policy, 0)).toEqual({ state: 'pending', pauseMs: 750 });
  });

  it('never pauses longer than the policy says, unless the target asks for it', () => {
    const patient = { ...policy, attempts: 50 };
    expect(nextState({ kind: 'retry', reason: 'x' }, 40, patient, 0.5)).toEqual({ state: 'pending', pauseMs: 60_000 });
    const asked = nextState({ kind: 'retry', reason: 'x', afterMs: 120_000 }, 1, policy, 0.5);
    expect(asked).toEqual({ state: 'pending', pauseMs: 120_000 });
    const absurd = nextState({ kind: 'retry', reason: 'x', afterMs: 1e12 }, 1, policy, 0.5);
    expect(absurd).toEqual({ state: 'pending', pauseMs: 86_400_000 });
  });

  it('gives up after the last attempt and keeps the delivery as failed', () => {
    expect(nextState({ kind: 'retry', reason: 'x' }, 5, policy, 0)).toEqual({ state: 'failed' });
  });

  it.each([
    ['goes on within the horizon', 1_000, undefined, { state: 'pending', pauseMs: 4_000 }],
    ['makes the last attempt at its very end', 9_000, undefined, { state: 'pending', pauseMs: 1_000 }],
    ['gives up behind it', 10_000, undefined, { state: 'failed' }],
    ['waits as asked when that is still within it', 5_000, 4_500, { state: 'pending', pauseMs: 4_500 }],
    ['gives up when it is asked to wait for longer', 5_000, 6_000, { state: 'failed' }],
  ])('%s', (_what, triedForMs, afterMs, expected) => {
    const outcome = { kind: 'retry', reason: 'x', ...(afterMs === undefined ? {} : { afterMs }) } as const;
    expect(nextState(outcome, 3, { ...policy, horizonMs: 10_000 }, 0.5, triedForMs)).toEqual(expected);
  });
});
