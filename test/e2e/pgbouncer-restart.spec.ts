import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { ROUNDS } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { Pgbouncer } from '../support/pgbouncer';
import { publishRound, type StoryBuild } from '../support/publish-round';
import { endsOf, insertStories, readEnds } from '../support/story-builds';

const QUEUE = 'reporting.jobs.builds';
const REPLICAS = 2;
const BUILDS_PER_STORY = 8;

describe('a PgBouncer that is restarted while messages flow through it', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let pgbouncer: Pgbouncer;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let builds: StoryBuild[];
  const hubs: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    builds = await insertStories(database, BUILDS_PER_STORY);
    pgbouncer = await Pgbouncer.start(database.url, { serverConnections: 4 });
    for (let i = 0; i < REPLICAS; i++) {
      hubs.push(
        new HubProcess({
          DATABASE_URL: pgbouncer.url,
          RABBITMQ_URL: broker.url,
          HTTP_BASIC_AUTH: 'test:a-long-test-password',
          PORT: '0',
          HUB_CHANNELS: 'webhook=off,log=deliver',
        }),
      );
    }
    for (const hub of hubs) await hub.line(({ msg }) => msg === 'consuming');
  }, 120_000);

  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await connection.close();
    await pgbouncer.stop();
    await broker.drop();
    await database.drop();
  });

  it('costs no message, no event and no delivery, and nobody is told twice', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const before = await countEvents();
      const published = await publishRound(channel, QUEUE, builds, round);
      // In the middle of the round: some of it is committed, some is in a transaction, some waits.
      await eventually(async () => expect(published === 0 || (await countEvents()) > before).toBe(true));
      await pgbouncer.restart();
      await broker.drained(QUEUE);
      await eventually(async () => expect(await inFlight()).toBe(0), { timeoutMs: 60_000 });
    }
    await allDelivered();

    expect(await readEnds(database, builds)).toEqual(endsOf(builds));
    expect(
      await database.query('SELECT build_id FROM hub.events GROUP BY build_id HAVING max(seq) <> count(*)'),
    ).toEqual([]);
    expect(await database.query('SELECT reason FROM hub.parked_messages')).toEqual([]);
    const [{ deliveries, told } = { deliveries: 0, told: 1 }] = await database.query<{
      deliveries: number;
      told: number;
    }>(
      `SELECT (SELECT count(*) FROM hub.deliveries WHERE channel = 'log' AND state = 'delivered') AS deliveries,
              (SELECT count(*) FROM hub.events) AS told`,
    );
    expect(deliveries).toBe(told);
    const lines = hubs.flatMap((hub) => hub.lines);
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    // It was in the middle of something when its connections broke.
    expect(lines.filter(({ level }) => level === 'warn').length).toBeGreaterThan(0);
  }, 240_000);

  it('is noticed: Hub was not ready for a while, and is again', async () => {
    const [hub] = hubs;
    const ready = async () => (await fetch(`${await hub!.url()}/health/ready`)).status;
    await eventually(async () => expect(await ready()).toBe(200));
    await pgbouncer.pause();
    await eventually(async () => expect(await ready()).toBe(503), { timeoutMs: 20_000 });
    await pgbouncer.resume();
    await eventually(async () => expect(await ready()).toBe(200), { timeoutMs: 20_000 });
  }, 60_000);

  async function countEvents(): Promise<number> {
    const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM hub.events');
    return row?.n ?? 0;
  }

  async function inFlight(): Promise<number> {
    const counts = await Promise.all(hubs.map((hub) => hub.metric('hub_messages_in_flight')));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async function allDelivered(): Promise<void> {
    await eventually(
      async () =>
        expect(
          await database.query(
            `SELECT id FROM hub.events WHERE planned_at IS NULL UNION ALL SELECT id FROM hub.deliveries WHERE state = 'pending'`,
          ),
        ).toEqual([]),
      { timeoutMs: 30_000 },
    );
  }
});
