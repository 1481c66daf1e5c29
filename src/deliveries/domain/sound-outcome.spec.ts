import { soundOutcome } from './sound-outcome';

const NO_REASON = 'The channel gave no reason.';

describe('soundOutcome', () => {
  it.each([
    [{ kind: 'delivered', code: 200, response: 'ok' }],
    [{ kind: 'delivered' }],
    [{ kind: 'retry', reason: 'busy', code: 503, response: '', afterMs: 0 }],
    [{ kind: 'rejected', reason: 'gone', code: 404, response: '' }],
    [{ kind: 'dropped', reason: 'not wanted' }],
  ])('keeps %j as it is', (outcome) => {
    expect(soundOutcome(outcome)).toEqual(outcome);
  });

  it.each([undefined, null, 'delivered', {}, { kind: 'done' }, { kind: 1 }])('tries again after %j', (outcome) => {
    expect(soundOutcome(outcome)).toEqual({ kind: 'retry', reason: expect.stringContaining('must return an outcome') });
  });

  it.each([
    [
      { kind: 'retry', reason: 'x', afterMs: NaN, code: NaN },
      { kind: 'retry', reason: 'x' },
    ],
    [
      { kind: 'retry', reason: 'x', afterMs: Infinity, code: 1.5 },
      { kind: 'retry', reason: 'x' },
    ],
    [
      { kind: 'retry', reason: 'x', afterMs: -1, response: {} },
      { kind: 'retry', reason: 'x' },
    ],
    [
      { kind: 'retry', afterMs: 5 },
      { kind: 'retry', reason: NO_REASON, afterMs: 5 },
    ],
    [
      { kind: 'rejected', reason: 7 },
      { kind: 'rejected', reason: NO_REASON },
    ],
    [
      { kind: 'dropped', reason: '', code: 1 },
      { kind: 'dropped', reason: NO_REASON },
    ],
  ])('leaves out of %j what cannot be kept', (outcome, expected) => {
    expect(soundOutcome(outcome)).toEqual(expected);
  });
});
