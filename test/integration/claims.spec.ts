import type { DataSource } from 'typeorm';
import { HubDataSource } from '../../src/database/data-source';
import { Statements } from '../../src/database/statements';
import { Transactions } from '../../src/database/transaction';
import { DeliveryStore } from '../../src/deliveries/delivery-store';
import { createTestDatabase, type TestDatabase } from '../support';

const LEASE_MS = 10_000;

describe('of deliveries that are due', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let store: DeliveryStore;

  beforeEach(async () => {
    database = await createTestDatabase();
    dataSource = await new HubDataSource({ url: database.url, pool: 2 }).initialize();
    store = new DeliveryStore(new Statements(new Transactions(dataSource)));
  });
  afterEach(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const claims = {
    'where each counts': (room: number) => store.claim(['told'], room, LEASE_MS),
    'where the latest counts': (room: number) => store.claimLatest(['told'], room, LEASE_MS),
  };

  /** Deliveries, each with an order key of its own, that became due so long ago. */
  async function add(count: number, attempts: number, secondsAgo: number): Promise<void> {
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, attempts, next_attempt_at)
       SELECT 'told', 'f', 'somebody', format('%s/%s/%s', $2::integer, $3::integer, n), $2,
              (now() AT TIME ZONE 'UTC') - $3::integer * interval '1 second'
         FROM generate_series(1, $1::integer) n`,
      [count, attempts, secondsAgo],
    );
  }

  describe.each(Object.entries(claims))('%s', (_, claim) => {
    const attempts = async (room: number): Promise<number[]> =>
      (await claim(room)).map(({ attempt }) => attempt).sort((a, b) => a - b);

    it('retries are claimed before what waits for longer but was never tried', async () => {
      await add(100, 0, 60);
      await add(2, 1, 1);
      expect(await attempts(10)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
    });

    it('those never tried have half of the room, however many retries there are', async () => {
      await add(100, 3, 60);
      await add(100, 0, 1);
      expect(await attempts(10)).toEqual([1, 1, 1, 1, 1, 4, 4, 4, 4, 4]);
    });

    it('none is claimed twice while its lease lasts, nor before it is due', async () => {
      await add(3, 0, 1);
      await add(3, 1, 1);
      await add(3, 1, -60);
      expect(await attempts(100)).toEqual([1, 1, 1, 2, 2, 2]);
      expect(await attempts(100)).toEqual([]);
    });
  });
});
