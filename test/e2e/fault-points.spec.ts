import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { FAULT_POINTS, type FaultPoint } from '../../src/faults';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { messageOf, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { insertBuild } from '../support/rows';
import { WebhookSink } from '../support/webhook-sink';

const EVENTS = ['job:received', 'build:started', 'job:started', 'build:finished', 'job:finished'];
const GARBAGE = 'this is not JSON {';
/** What the dead Hub has claimed becomes due when its lease is over. Meanwhile other lives begin. */
const LEASED: readonly FaultPoint[] = ['after-claim', 'after-send'];

describe('a Hub that dies', () => {
  let broker: TestBroker;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const lives = new Map<FaultPoint, Life>();
  /** By point, settled when the second Hub is there. */
  const begun = new Map<FaultPoint, Promise<void>>();

  beforeAll(async () => {
    compileHub();
    broker = await createTestBroker();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    let before = Promise.resolve();
    for (const point of [...LEASED, ...FAULT_POINTS.filter((each) => !LEASED.includes(each))]) {
      const life = await Life.open();
      lives.set(point, life);
      const begins = before.then(() => beginsAnew(point, life));
      begun.set(point, begins);
      before = begins.catch(() => undefined);
    }
  }, 120_000);
  afterAll(async () => {
    for (const life of lives.values()) await life.close();
    await connection.close();
    await broker.drop();
  });

  it.each(FAULT_POINTS)(
    '%s has changed, told and kept everything once when another one has taken over',
    async (point) => {
      await begun.get(point);
      const { database, sink, noted, unnoted, build } = lives.get(point)!;
      await broker.drained(queueOf(point), 30_000);
      await eventually(async () => expect(await pending(database)).toBe(0), { timeoutMs: 30_000 });

      expect(await database.query('SELECT name, seq FROM hub.events ORDER BY seq')).toEqual(
        EVENTS.map((name, i) => ({ name, seq: i + 1 })),
      );
      expect(await database.query('SELECT id, state FROM builds')).toEqual([{ id: build, state: 'passed' }]);
      expect(await database.query(`SELECT DISTINCT state FROM hub.deliveries`)).toEqual([{ state: 'delivered' }]);
      expect(new Set(sink.received.map(({ id }) => id)).size).toBe(2);
      expect(new Set(sink.received.map(({ body }) => body)).size).toBe(2);
      // A telling whose outcome the dead Hub has not noted is told once more, under the same id; no other one is.
      expect({ noted, told: sink.received.length }).toEqual({ noted, told: 2 + unnoted });
      const parked = await database.query<{ body: string }>(
        `SELECT encode(body, 'escape') AS body FROM hub.parked_messages`,
      );
      expect(parked).toEqual([{ body: GARBAGE }]);
    },
    120_000,
  );

  /** A Hub dies with a job and something that means nothing in hand, and another one starts. */
  async function beginsAnew(point: FaultPoint, life: Life): Promise<void> {
    await channel.assertQueue(queueOf(point), { durable: true });
    const doomed = life.startHub(broker.url, point, `${point}:1`);
    await doomed.line(({ msg }) => msg === 'consuming');
    await publish(queueOf(point), life.job);
    expect(await doomed.exited).toBeNull();
    await life.lookAtWhatIsLeft();
    await life.startHub(broker.url, point).url();
  }

  /** A job from its receipt to its end, and something that means nothing. */
  async function publish(queue: string, jobId: number): Promise<void> {
    const [plain] = STORIES[0]?.jobs ?? [];
    if (!plain) throw new Error('the first story has a job');
    for (let round = 0; round < 6; round++) {
      const message = messageOf(plain, jobId, round);
      if (!message) continue;
      const properties = { type: message.type, contentType: 'application/json', persistent: true };
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(message.body)), properties);
    }
    channel.sendToQueue(queue, Buffer.from(GARBAGE), { type: 'job:test:finish', persistent: true });
    await channel.waitForConfirms();
  }

  async function pending(database: TestDatabase): Promise<number | undefined> {
    const [row] = await database.query<{ n: number }>(
      `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::int +
              (SELECT count(*) FROM hub.deliveries WHERE state = 'pending')::int +
              (SELECT CASE WHEN EXISTS (SELECT FROM hub.deliveries) THEN 0 ELSE 1 END) AS n`,
    );
    return row?.n;
  }
});

const queueOf = (point: FaultPoint): string => `reporting.jobs.${point}`;

/** What one death is about: a database, a receiver of webhooks, and the Hubs between them. */
class Life {
  /** Tellings of the dead Hub: those it kept the outcome of, and those it did not. */
  noted = 0;
  unnoted = 0;
  private readonly hubs: HubProcess[] = [];

  private constructor(
    readonly database: TestDatabase,
    readonly sink: WebhookSink,
    readonly build: number,
    readonly job: number,
  ) {}

  static async open(): Promise<Life> {
    const database = await createTestDatabase();
    const sink = await WebhookSink.start();
    const config = { notifications: { webhooks: { urls: [sink.url], on_start: 'always' } } };
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1, config });
    return new Life(database, sink, buildId, jobIds[0] ?? 0);
  }

  startHub(brokerUrl: string, queue: string, fault?: string): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: this.database.url,
      RABBITMQ_URL: brokerUrl,
      QUEUE: queue,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      ...(fault !== undefined && { HUB_TEST_FAULT: fault }),
    });
    this.hubs.push(hub);
    return hub;
  }

  /** Once the database has done what the dead Hub had asked of it. */
  async lookAtWhatIsLeft(): Promise<void> {
    await eventually(async () => {
      const [sessions] = await this.database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hub'`,
      );
      if (sessions?.n !== 0) throw new Error(`${sessions?.n} sessions of the dead Hub are left`);
    });
    const rows = await this.database.query(`SELECT FROM hub.deliveries WHERE state = 'delivered'`);
    this.noted = rows.length;
    this.unnoted = this.sink.received.length - rows.length;
  }

  async close(): Promise<void> {
    await Promise.all(this.hubs.map((hub) => hub.destroy()));
    await this.sink.close();
    await this.database.drop();
  }
}
