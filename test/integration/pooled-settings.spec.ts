import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { HubDataSource } from '../../src/database/data-source';
import { Transactions } from '../../src/database/transaction';
import { createTestDatabase, type TestDatabase } from '../support';
import { Pgbouncer } from '../support/pgbouncer';

const SETTINGS = `SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS lock,
                         current_setting('plan_cache_mode') AS plans, current_setting('enable_seqscan') AS scans,
                         pg_backend_pid() AS pid`;

describe('behind PgBouncer in transaction mode', () => {
  let database: TestDatabase;
  let pgbouncer: Pgbouncer;
  let dataSource: DataSource;
  let somebodyElse: Client;

  beforeAll(async () => {
    database = await createTestDatabase();
    // Everybody has the same connection of the server, one after the other.
    pgbouncer = await Pgbouncer.start(database.url, { serverConnections: 1 });
    dataSource = await new HubDataSource({ url: pgbouncer.url, pool: 2 }).initialize();
    somebodyElse = new Client({ connectionString: pgbouncer.url });
    await somebodyElse.connect();
  });
  afterAll(async () => {
    await somebodyElse.end();
    await dataSource.destroy();
    await pgbouncer.stop();
    await database.drop();
  });

  it.each([
    ['a transaction', '5s', (transactions: Transactions) => transactions.run((tx) => tx.query(SETTINGS))],
    ['a single statement', '1s', (transactions: Transactions) => transactions.single(SETTINGS)],
  ])('%s has Hub’s settings and leaves none of them behind', async (_, lock, ask) => {
    const { rows: before } = await somebodyElse.query<{ pid: number }>(SETTINGS);
    expect(await ask(new Transactions(dataSource))).toEqual([
      { path: 'public', lock, plans: 'force_generic_plan', scans: 'off', pid: before[0]?.pid },
    ]);
    expect((await somebodyElse.query(SETTINGS)).rows).toEqual(before);
    expect(before).not.toMatchObject([{ plans: 'force_generic_plan' }]);
  });
});
