import { DatabaseError } from 'pg';
import type { Attempt, DeliveryStore } from './delivery-store';
import { OutcomeWriter } from './outcome-writer';

const attempt = (id: number): Attempt => ({ delivery: { id, channel: 'chat' } }) as unknown as Attempt;
const refusal = (): DatabaseError => Object.assign(new DatabaseError('refused', 1, 'error'), { code: '23514' });
const outage = (): DatabaseError => Object.assign(new DatabaseError('down', 1, 'error'), { code: '57P01' });

/** A writer on a store that does as it is told, and the ids of what was written, write by write. */
function writer(record: (ids: readonly number[]) => void): { writer: OutcomeWriter; written: number[][] } {
  const written: number[][] = [];
  const store = {
    record: async (attempts: readonly Attempt[]) => {
      const ids = attempts.map(({ delivery }) => delivery.id);
      record(ids);
      written.push(ids);
    },
  };
  return { writer: new OutcomeWriter(store as unknown as DeliveryStore, () => undefined, 100), written };
}

describe('the outcomes of attempts', () => {
  it('are written together', async () => {
    const { writer: outcomes, written } = writer(() => undefined);
    await Promise.all([1, 2, 3].map((id) => outcomes.record(attempt(id))));
    expect(written).toEqual([[1, 2, 3]]);
  });

  it('are written one by one when one is refused, for which nobody waits, and which is tried again later', async () => {
    let refused = true;
    const { writer: outcomes, written } = writer((ids) => {
      if (refused && ids.includes(2)) throw refusal();
    });
    const bad = outcomes.record(attempt(2));
    await Promise.all([1, 3].map((id) => outcomes.record(attempt(id))));
    await outcomes.record(attempt(4));
    expect(written).toEqual([[1], [3], [4]]);
    refused = false;
    await bad;
    expect(written.slice(3)).toEqual([[2]]);
  });

  it('are not written twice when the database goes away in the midst of that', async () => {
    let away = true;
    const { writer: outcomes, written } = writer((ids) => {
      if (ids.length > 1) throw refusal();
      if (away && ids.includes(2)) {
        away = false;
        throw outage();
      }
    });
    await Promise.all([1, 2].map((id) => outcomes.record(attempt(id))));
    expect(written).toEqual([[1], [2]]);
  });

  it('are given up when Hub stops, also those that are refused', async () => {
    let asked = 0;
    const { writer: outcomes, written } = writer(() => {
      asked += 1;
      throw refusal();
    });
    const one = outcomes.record(attempt(1));
    while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
    outcomes.hurry();
    await one;
    await outcomes.settled();
    expect(written).toEqual([]);
  });
});
