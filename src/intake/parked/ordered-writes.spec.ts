import { OrderedWrites } from './ordered-writes';

describe('ordered writes', () => {
  it('gather what comes while one is written, and keep the order', async () => {
    const statements: number[][] = [];
    const writes = new OrderedWrites((items: readonly number[]) => {
      statements.push([...items]);
      return Promise.resolve(items.map((item) => item * 10));
    });
    expect(await Promise.all([1, 2, 3, 4].map((item) => writes.add(item)))).toEqual([10, 20, 30, 40]);
    expect(statements).toEqual([[1], [2, 3, 4]]);
  });

  it('fail one by one when one of them cannot be stored', async () => {
    const writes = new OrderedWrites((items: readonly string[]) =>
      items.includes('bad') ? Promise.reject(new Error('invalid')) : Promise.resolve(items),
    );
    const settled = await Promise.allSettled(['first', 'good', 'bad', 'fine'].map((item) => writes.add(item)));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail together, at once, while the database is away, and go on when it is back', async () => {
    let tries = 0;
    const writes = new OrderedWrites((items: readonly number[]) => {
      tries++;
      return tries < 3 ? Promise.reject(new Error('connect ECONNREFUSED')) : Promise.resolve(items);
    });
    const settled = await Promise.allSettled([1, 2, 3].map((item) => writes.add(item)));
    expect(settled.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tries).toBe(2);
    expect(await writes.add(4)).toBe(4);
  });
});
