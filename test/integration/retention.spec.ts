import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../../src/config';
import { DatabaseModule, DatabaseState, Transactions } from '../../src/database';
import { systemClock } from '../../src/contracts/clock';
import { Retention } from '../../src/sweeper';
import { createTestDatabase, type TestDatabase } from '../support';

describe('retention', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  let retention: Retention;

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = loadConfig({
      DATABASE_URL: database.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      HUB_RETENTION_DAYS: '30',
    });
    @Module({ imports: [ConfigModule.forRoot(config), DatabaseModule] })
    class TestModule {}
    app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
    await app.get(DatabaseState).waitUntilReady();
    // By hand: as part of an application it runs whenever it likes.
    retention = new Retention(app.get(Transactions), app.get(DatabaseState), config, systemClock);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  it('deletes what is older than it is kept, oldest first, and nothing that is still to be done', async () => {
    await database.query(
      `INSERT INTO hub.events (build_id, seq, name, at, snapshot, planned_at)
       SELECT 1, n, 'build:finished', now() - (40 - n) * interval '1 day', '{}', CASE WHEN n <> 3 THEN now() END
         FROM generate_series(1, 40) AS n`,
    );
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, state, created_at)
       VALUES ('webhook', 'a', 'old and done', 'delivered', now() - interval '31 days'),
              ('webhook', 'b', 'old and open', 'pending', now() - interval '31 days'),
              ('webhook', 'c', 'failed lately', 'failed', now() - interval '29 days')`,
    );
    await database.query(
      `INSERT INTO hub.applied_messages VALUES ('old', now() - interval '2 hours'), ('young', now() - interval '1 minute')`,
    );
    await database.query(
      `INSERT INTO hub.used_tokens VALUES (1, 'old', now() - interval '25 hours'), (1, 'young', now() - interval '3 hours')`,
    );
    await database.query(
      `INSERT INTO hub.job_instances VALUES ('old', 1, now() - interval '31 days'), ('young', 1, now() - interval '29 days')`,
    );
    await database.query(
      `INSERT INTO hub.job_resets VALUES (1, 9, now() - interval '9 days', now() - interval '49 hours'),
                                         (2, 9, now() - interval '9 days', now() - interval '25 hours')`,
    );
    const deleted = await retention.runOnce();
    // Days 40 to 31 are over, but one of these events was never planned.
    expect(deleted).toEqual({ deliveries: 1, events: 9, messages: 1, tokens: 1, instances: 1, resets: 1 });
    const events = await database.query<{ seq: number }>('SELECT seq FROM hub.events ORDER BY id');
    expect(events.map(({ seq }) => seq).slice(0, 3)).toEqual([3, 10 + 1, 12]);
    const targets = await database.query('SELECT target FROM hub.deliveries ORDER BY id');
    expect(targets).toEqual([{ target: 'old and open' }, { target: 'failed lately' }]);
    expect(
      await database.query(
        `SELECT ARRAY[(SELECT rand FROM hub.used_tokens), (SELECT instance_id FROM hub.job_instances),
                      (SELECT job_id::varchar FROM hub.job_resets)] AS kept`,
      ),
    ).toEqual([{ kept: ['young', 'young', '2'] }]);
    expect(await retention.runOnce()).toEqual({});
  });

  it('leaves no bloat: tables and indexes stay as large as what is kept, however often they turn over', async () => {
    await database.query('TRUNCATE hub.events, hub.deliveries');
    const sizes: number[] = [];
    for (let month = 0; month < 5; month++) {
      await database.query(
        `INSERT INTO hub.events (build_id, seq, name, job_id, at, snapshot, planned_at)
         SELECT ($1::bigint + 1) * 1000000 + n / 12, n % 12, 'job:finished', n, now() - interval '31 days',
                jsonb_build_object('padding', repeat(md5(n::text), 20)), now()
           FROM generate_series(1, 20000) AS n`,
        [month],
      );
      await database.query(
        `INSERT INTO hub.deliveries (event_id, channel, fingerprint, target, order_key, state, created_at)
         SELECT id, 'webhook', md5(id::text), 'https://example.org', 'webhook/' || build_id, 'delivered', at
           FROM hub.events WHERE seq < 4`,
      );
      sizes.push(await size());
      expect(await retention.runOnce()).toMatchObject({ events: 20_000 });
      // As autovacuum does after so many deletions; here it must not be waited for.
      await database.query('VACUUM hub.events');
      await database.query('VACUUM hub.deliveries');
    }
    const [first = 0, , third = 0] = sizes;
    expect(sizes.at(-1)).toBeLessThanOrEqual(third * 1.01);
    expect(third).toBeLessThan(first * 1.2);
  });

  async function size(): Promise<number> {
    const [row] = await database.query<{ bytes: number }>(
      `SELECT (pg_total_relation_size('hub.events') + pg_total_relation_size('hub.deliveries'))::float8 AS bytes`,
    );
    return row?.bytes ?? NaN;
  }
});
