import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ConfigModule, loadProgramConfig } from '../../src/config';
import { NOT_PLANNED } from '../../src/contracts/delivery';
import { ConnectionModule } from '../../src/database';
import { DeliveryDesk, DeliveryRowsModule } from '../../src/deliveries';
import { createTestDatabase, type TestDatabase } from '../support';
import { insertBuild, type BuildRows } from '../support/rows';

interface Row {
  readonly state?: string;
  readonly attempts?: number;
  readonly channel?: string;
  readonly job_id?: number;
  readonly event_id?: number;
  readonly run?: number;
  readonly fingerprint?: string;
  /** SQL, as are the times. */
  readonly leased_until?: string;
}

const NOW = `clock_timestamp() AT TIME ZONE 'UTC'`;

describe('the delivery desk', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  let desk: DeliveryDesk;
  let build: BuildRows;
  let other: BuildRows;

  beforeAll(async () => {
    database = await createTestDatabase();
    const config = loadProgramConfig({ DATABASE_URL: database.url });
    @Module({ imports: [ConfigModule.forRoot(config), ConnectionModule, DeliveryRowsModule] })
    class TestModule {}
    app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
    await app.get(DataSource).initialize();
    desk = app.get(DeliveryDesk);
    build = await insertBuild(database, { jobs: 2 });
    other = await insertBuild(database, { jobs: 1 });
  });
  beforeEach(() => database.query('TRUNCATE hub.deliveries, hub.events'));
  afterAll(async () => {
    await app.close();
    await database.drop();
  });

  async function add(row: Row = {}): Promise<number> {
    const { leased_until = 'NULL', ...values } = row;
    const columns = {
      channel: 'webhook',
      fingerprint: 'f',
      target: 'somebody',
      state: 'failed',
      attempts: 20,
      ...values,
    };
    const names = Object.keys(columns);
    const [inserted] = await database.query<{ id: number }>(
      `INSERT INTO hub.deliveries (${names.join(', ')}, leased_until, next_attempt_at, finished_at)
       VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')}, ${leased_until}, (${NOW}) + interval '1 hour', ${NOW}) RETURNING id`,
      Object.values(columns),
    );
    return inserted!.id;
  }

  async function addEvent(of: BuildRows, seq: number, jobId: number | null = null): Promise<number> {
    const [inserted] = await database.query<{ id: number }>(
      `INSERT INTO hub.events (build_id, seq, name, job_id, at, snapshot) VALUES ($1, $2, $3, $4, now(), '{}') RETURNING id`,
      [of.buildId, seq, jobId === null ? 'build:finished' : 'job:finished', jobId],
    );
    return inserted!.id;
  }

  async function rowOf(id: number): Promise<Record<string, unknown>> {
    const [row] = await database.query(
      `SELECT state, attempts, leased_until IS NOT NULL AS leased, finished_at IS NOT NULL AS finished,
              next_attempt_at <= ${NOW} AS due FROM hub.deliveries WHERE id = $1`,
      [id],
    );
    return { ...row };
  }

  const due = (attempts: number) => ({ state: 'pending', attempts, leased: false, finished: false, due: true });

  describe('has made again', () => {
    it.each(['failed', 'dropped'])('what is %s, with all its attempts', async (state) => {
      const id = await add({ state });
      expect(await desk.retry([id])).toEqual([{ id, result: 'due' }]);
      expect(await rowOf(id)).toEqual(due(0));
    });

    it('what waits for its next attempt, without waiting, and counts on', async () => {
      const id = await add({ state: 'pending', attempts: 3, leased_until: `(${NOW}) - interval '1 s'` });
      expect(await desk.retry([id])).toEqual([{ id, result: 'due' }]);
      expect(await rowOf(id)).toEqual(due(3));
    });

    it('a side effect of the current run', async () => {
      const [job] = build.jobIds;
      await database.query(
        'INSERT INTO hub.jobs (job_id, run) VALUES ($1, 2) ON CONFLICT (job_id) DO UPDATE SET run = 2',
        [job],
      );
      const id = await add({ job_id: job!, run: 2 });
      expect(await desk.retry([id])).toEqual([{ id, result: 'due' }]);
    });
  });

  describe('leaves alone, and says why,', () => {
    it.each<[string, Row]>([
      ['delivered', { state: 'delivered' }],
      ['recorded', { state: 'recorded' }],
      ['in_hand', { state: 'pending', leased_until: `(${NOW}) + interval '10 s'` }],
      ['not_planned', { fingerprint: NOT_PLANNED }],
    ])('what is %s', async (result, row) => {
      const id = await add(row);
      const before = await rowOf(id);
      expect(await desk.retry([id])).toEqual([{ id, result }]);
      expect(await rowOf(id)).toEqual(before);
    });

    it.each(['failed', 'dropped'])('what is %s and of an earlier run of its job', async (state) => {
      const job = build.jobIds[1];
      await database.query(
        'INSERT INTO hub.jobs (job_id, run) VALUES ($1, 2) ON CONFLICT (job_id) DO UPDATE SET run = 2',
        [job],
      );
      const id = await add({ state, job_id: job!, run: 1 });
      expect(await desk.retry([id])).toEqual([{ id, result: 'outlived' }]);
      expect(await rowOf(id)).toMatchObject({ state });
    });

    it('what is not there', async () => {
      const id = await add();
      expect(await desk.retry([id + 1, id])).toEqual([
        { id: id + 1, result: 'unknown' },
        { id, result: 'due' },
      ]);
    });
  });

  it('has all made again that failed and fit, oldest first, however many', async () => {
    await database.query(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, state)
       SELECT 'webhook', 'f', 'somebody', 'failed' FROM generate_series(1, 1100)`,
    );
    const chat = await add({ channel: 'chat' });
    const delivered = await add({ state: 'delivered' });
    const answers = await desk.retryFailed({ channel: 'webhook' });
    expect(answers).toHaveLength(1_100);
    expect(answers.map(({ id }) => id)).toEqual(answers.map(({ id }) => id).toSorted((a, b) => a - b));
    const states = await database.query(
      `SELECT state, count(*)::int AS n, max(next_attempt_at) <= ${NOW} AS due FROM hub.deliveries GROUP BY state ORDER BY state`,
    );
    expect(states).toEqual([
      { state: 'delivered', n: 1, due: false },
      { state: 'failed', n: 1, due: false },
      { state: 'pending', n: 1_100, due: true },
    ]);
    expect([await rowOf(chat), await rowOf(delivered)]).toMatchObject([{ state: 'failed' }, { state: 'delivered' }]);
  });

  it('lists latest first what fits: notices by their events, side effects by their job', async () => {
    const [job, sibling] = build.jobIds;
    const buildEvent = await addEvent(build, 1);
    const jobEvent = await addEvent(build, 2, job);
    const elsewhere = await addEvent(other, 1);
    const ids = {
      build: await add({ event_id: buildEvent, state: 'delivered' }),
      job: await add({ event_id: jobEvent }),
      effect: await add({ channel: 'worker-commands', job_id: job!, run: 1 }),
      sibling: await add({ channel: 'worker-commands', job_id: sibling!, run: 1, state: 'pending' }),
      elsewhere: await add({ event_id: elsewhere }),
    };
    const list = async (filter: Parameters<DeliveryDesk['list']>[0]) => (await desk.list(filter)).map(({ id }) => id);
    expect(await list({})).toEqual(Object.values(ids).toReversed());
    expect(await list({ jobId: job! })).toEqual([ids.effect, ids.job]);
    expect(await list({ buildId: build.buildId })).toEqual([ids.sibling, ids.effect, ids.job, ids.build]);
    expect(await list({ eventId: elsewhere })).toEqual([ids.elsewhere]);
    expect(await list({ state: 'failed', channel: 'webhook' })).toEqual([ids.elsewhere, ids.job]);
    expect(await list({ before: ids.sibling, limit: 2 })).toEqual([ids.effect, ids.job]);
    expect((await desk.list({ eventId: jobEvent }))[0]).toMatchObject({
      event: 'job:finished',
      buildId: build.buildId,
      jobId: job,
      state: 'failed',
      inHand: false,
      createdAt: expect.any(Date),
    });
    expect((await desk.list({ jobId: sibling! }))[0]).toMatchObject({
      event: null,
      buildId: build.buildId,
      jobId: sibling,
    });
  });

  it('shows everything about one', async () => {
    const id = await add({
      state: 'pending',
      leased_until: `(${NOW}) + interval '10 s'`,
      job_id: build.jobIds[0]!,
      run: 1,
    });
    expect(await desk.show(id)).toMatchObject({ id, inHand: true, payload: null, history: [], orderKey: null });
    expect(await desk.show(id + 1)).toBeUndefined();
  });
});
