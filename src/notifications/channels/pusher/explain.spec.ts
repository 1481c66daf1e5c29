import type { DeliveryOutcome } from '../../channel';
import { explain, worst } from './explain';

const DONE: DeliveryOutcome = { kind: 'delivered', code: 200 };
const AGAIN: DeliveryOutcome = { kind: 'retry', reason: 'not now' };
const NEVER: DeliveryOutcome = { kind: 'rejected', reason: 'never', code: 400, response: 'no' };

describe('explain', () => {
  it.each([
    [401, 'retry', 'PUSHER_SECRET'],
    [403, 'retry', 'over its quota'],
    [404, 'retry', 'PUSHER_APP_ID'],
    [413, 'rejected', '9999 bytes'],
  ] as const)('says of status %i that it is to be %s, and why', (code, kind, words) => {
    const outcome = explain({ kind: 'rejected', reason: 'in general', code, response: 'said' }, 9_999);
    expect(outcome).toEqual({ kind, code, response: 'said', reason: expect.stringContaining(words) });
  });

  it.each([DONE, AGAIN, NEVER])('leaves the rest as it is: $kind', (outcome) => {
    expect(explain(outcome, 1)).toBe(outcome);
  });
});

describe('worst', () => {
  it.each([
    ['all are done', [DONE, DONE], DONE],
    ['one may work later', [DONE, NEVER, AGAIN], AGAIN],
    ['one never will', [DONE, NEVER, DONE], NEVER],
  ])('is what has to be done about the whole when %s', (_when, outcomes, expected) => {
    expect(worst(outcomes)).toBe(expected);
  });

  it('is nothing when there was nobody to tell', () => {
    expect(worst([])).toEqual({ kind: 'dropped', reason: 'nobody may see the repository' });
  });
});
