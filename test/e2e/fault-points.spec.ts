import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { FAULT_POINTS, type FaultPoint } from '../../src/faults';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { messageOf, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { insertBuild } from '../support/rows';
import { WebhookSink } from '../support/webhook-sink';

const QUEUE = 'reporting.jobs.builds';
const EVENTS = ['job:received', 'build:started', 'job:started', 'build:finished', 'job:finished'];
const GARBAGE = 'this is not JSON {';
/** How often a telling may come: an attempt whose outcome was not noted is made again under the same id. */
const MOST_TELLINGS: Readonly<Partial<Record<FaultPoint, number>>> = { 'after-send': 2 };

describe('a Hub that dies', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let sink: WebhookSink;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const hubs: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    broker = await createTestBroker();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
  }, 120_000);
  beforeEach(async () => {
    database = await createTestDatabase();
    sink = await WebhookSink.start();
  });
  afterEach(async () => {
    await Promise.all(hubs.splice(0).map((hub) => hub.destroy()));
    await sink.close();
    await database.drop();
  });
  afterAll(async () => {
    await connection.close();
    await broker.drop();
  });

  it.each(FAULT_POINTS)(
    '%s has changed, told and kept everything once when another one has taken over',
    async (point) => {
      const config = { notifications: { webhooks: { urls: [sink.url], on_start: 'always' } } };
      const { buildId, jobIds } = await insertBuild(database, { jobs: 1, config });
      const doomed = startHub(`${point}:1`);
      await doomed.line(({ msg }) => msg === 'consuming');
      await publish(jobIds[0] ?? 0);
      expect(await doomed.exited).toBeNull();

      startHub();
      await eventually(async () => expect(await broker.messagesIn(QUEUE)).toBe(0), { timeoutMs: 30_000 });
      await eventually(async () => expect(await pending()).toBe(0), { timeoutMs: 30_000 });

      expect(await database.query('SELECT name, seq FROM hub.events ORDER BY seq')).toEqual(
        EVENTS.map((name, i) => ({ name, seq: i + 1 })),
      );
      expect(await database.query('SELECT id, state FROM builds')).toEqual([{ id: buildId, state: 'passed' }]);
      expect(await database.query(`SELECT DISTINCT state FROM hub.deliveries`)).toEqual([{ state: 'delivered' }]);
      expect(new Set(sink.received.map(({ id }) => id)).size).toBe(2);
      expect(new Set(sink.received.map(({ body }) => body)).size).toBe(2);
      expect(sink.received.length).toBeLessThanOrEqual(2 * (MOST_TELLINGS[point] ?? 1));
      const parked = await database.query<{ body: string }>(
        `SELECT encode(body, 'escape') AS body FROM hub.parked_messages`,
      );
      expect(parked).toEqual([{ body: GARBAGE }]);
    },
    120_000,
  );

  function startHub(fault?: string): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      ...(fault !== undefined && { HUB_TEST_FAULT: fault }),
    });
    hubs.push(hub);
    return hub;
  }

  /** A job from its receipt to its end, and something that means nothing. */
  async function publish(jobId: number): Promise<void> {
    const [plain] = STORIES[0]?.jobs ?? [];
    if (!plain) throw new Error('the first story has a job');
    for (let round = 0; round < 6; round++) {
      const message = messageOf(plain, jobId, round);
      if (!message) continue;
      const properties = { type: message.type, contentType: 'application/json', persistent: true };
      channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(message.body)), properties);
    }
    channel.sendToQueue(QUEUE, Buffer.from(GARBAGE), { type: 'job:test:finish', persistent: true });
    await channel.waitForConfirms();
  }

  async function pending(): Promise<number | undefined> {
    const [row] = await database.query<{ n: number }>(
      `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::int +
              (SELECT count(*) FROM hub.deliveries WHERE state = 'pending')::int +
              (SELECT CASE WHEN EXISTS (SELECT FROM hub.deliveries) THEN 0 ELSE 1 END) AS n`,
    );
    return row?.n;
  }
});
