import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule, loadConfig } from '../../src/config';
import { DatabaseModule, DatabaseState, Transactions } from '../../src/database';
import { DeliveriesModule } from '../../src/deliveries';
import { EventsModule } from '../../src/events';
import { NotificationsModule } from '../../src/notifications';
import { Planner } from '../../src/notifications/planner';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { insertBuild } from '../support/rows';

describe('the planner', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = loadConfig({ DATABASE_URL: database.url, HTTP_BASIC_AUTH: 'test:a-long-test-password' });
    @Module({
      imports: [ConfigModule.forRoot(config), DatabaseModule, EventsModule, DeliveriesModule, NotificationsModule],
    })
    class TestModule {}
    app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
    await app.get(DatabaseState).waitUntilReady();
    // Its own rounds would plan the events before the test does.
    await app.get(Planner).beforeApplicationShutdown();
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function addEvent(buildId: number, seq: number): Promise<number> {
    const [row] = await database.query<{ id: number }>(
      `INSERT INTO hub.events (build_id, seq, name, at, snapshot)
       VALUES ($1, $2, 'build:started', now(), '{"build": {"state": "started"}}') RETURNING id`,
      [buildId, seq],
    );
    return row!.id;
  }

  async function planned(ids: readonly number[]): Promise<boolean[]> {
    const rows = await database.query<{ planned: boolean }>(
      'SELECT planned_at IS NOT NULL AS planned FROM hub.events WHERE id = ANY ($1) ORDER BY id',
      [ids],
    );
    return rows.map((row) => row.planned);
  }

  it('does not plan what follows an event that another replica is still planning', async () => {
    const [{ buildId }, other] = [await insertBuild(database, { jobs: 1 }), await insertBuild(database, { jobs: 1 })];
    const ids = [await addEvent(buildId, 1), await addEvent(buildId, 2), await addEvent(other.buildId, 1)];
    const planner = app.get(Planner);
    await app.get(Transactions).run(async (tx) => {
      await tx.query('SELECT FROM hub.events WHERE id = $1 FOR UPDATE', [ids[0]]);
      expect(await planner.runOnce()).toBe(1);
      expect(await planned(ids)).toEqual([false, false, true]);
    });
    expect(await planner.runOnce()).toBe(2);
    expect(await planned(ids)).toEqual([true, true, true]);
  });

  it('plans the others when the database refuses one for good, and that one half a minute later', async () => {
    const [bad, good] = [await insertBuild(database, { jobs: 1 }), await insertBuild(database, { jobs: 1 })];
    const ids = [await addEvent(bad.buildId, 1), await addEvent(bad.buildId, 2), await addEvent(good.buildId, 1)];
    const becomes = (expected: readonly boolean[]): Promise<void> =>
      eventually(async () => {
        await app.get(Planner).runOnce();
        expect(await planned(ids)).toEqual(expected);
      });
    await database.query(
      `ALTER TABLE hub.events ADD CONSTRAINT refused CHECK (planned_at IS NULL OR id <> ${ids[0]}) NOT VALID`,
    );
    await becomes([false, false, true]);
    await database.query('ALTER TABLE hub.events DROP CONSTRAINT refused');
    // Meanwhile it costs the others nothing.
    const late = await addEvent(good.buildId, 2);
    await eventually(async () => {
      await app.get(Planner).runOnce();
      expect(await planned([...ids, late])).toEqual([false, false, true, true]);
    });
    const now = performance.now();
    jest.spyOn(performance, 'now').mockImplementation(() => now + 31_000);
    await becomes([true, true, true]);
    jest.restoreAllMocks();
  });
});
