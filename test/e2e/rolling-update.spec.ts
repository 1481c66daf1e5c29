import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { DeliveryCount } from '../support/delivery-count';
import { messageOf, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { insertBuild } from '../support/rows';
import { TcpProxy } from '../support/tcp-proxy';

const QUEUE = 'reporting.jobs.builds';
const JOBS = 4;
const MESSAGES = JOBS * 3;
/** How many messages wait in the queue as long as the load goes on. */
const BACKLOG = 400;
/**
 * The database of the replicas answers as one across a network does, and they take it few messages at a time. That
 * bounds how much they can do: whichever machine this runs on, the load is more, and all have work in hand when told to
 * stop.
 */
const DATABASE_LAG_MS = 5;
const BATCH = 10;
const PREFETCH = 60;

describe('a rolling update under full load', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let databaseLine: TcpProxy;
  let brokerLine: TcpProxy;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const count = new DeliveryCount();
  const hubs: HubProcess[] = [];
  let builds = 0;

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    databaseLine = await TcpProxy.start(database.url);
    databaseLine.slow(DATABASE_LAG_MS);
    brokerLine = await TcpProxy.start(broker.url);
    brokerLine.overhear(count.hear);
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.destroy()));
    await connection.close();
    await Promise.all([brokerLine.close(), databaseLine.close()]);
    await broker.drop();
    await database.drop();
  });

  it('hands no message out twice, loses none, and every replica that is told to stop exits with 0', async () => {
    const load = new Load();
    try {
      await load.full();
      const old = [startHub(), startHub()];
      for (const hub of old) await consuming(hub);
      for (const hub of old) {
        await load.full();
        hub.kill('SIGTERM');
        expect(waiting()).toBeGreaterThan(PREFETCH);
        expect(await hub.exited).toBe(0);
        await consuming(startHub());
      }
    } finally {
      await load.stop();
    }
    databaseLine.slow(0);
    await broker.drained(QUEUE);

    expect(count).toMatchObject({ delivered: builds * MESSAGES, redelivered: 0 });
    expect(await database.query('SELECT state, count(*)::int AS n FROM jobs GROUP BY state')).toEqual([
      { state: 'passed', n: builds * JOBS },
    ]);
    expect(
      await database.query(
        `SELECT name, count(*)::int AS n FROM hub.events WHERE job_id IS NULL GROUP BY name ORDER BY name`,
      ),
    ).toContainEqual({ name: 'build:finished', n: builds });
  }, 240_000);

  it('would count a message that is handed out twice', async () => {
    const line = await TcpProxy.start(broker.url);
    const seen = new DeliveryCount();
    line.overhear(seen.hear);
    const own = await connect(line.url);
    const consumer = await own.createChannel();
    await consumer.assertQueue('twice');
    consumer.sendToQueue('twice', Buffer.from('x'));
    const nextMessage = () => new Promise<void>((resolve) => void consumer.consume('twice', () => resolve()));
    await nextMessage();
    expect(seen).toMatchObject({ delivered: 1, redelivered: 0 });
    await consumer.recover();
    await eventually(() => expect(seen).toMatchObject({ delivered: 2, redelivered: 1 }));
    await own.close();
    await line.close();
  });

  function startHub(): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: databaseLine.url,
      RABBITMQ_URL: brokerLine.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_CHANNELS: 'webhook=off',
      HUB_BATCH_SIZE: String(BATCH),
      HUB_PREFETCH: String(PREFETCH),
    });
    hubs.push(hub);
    return hub;
  }

  async function consuming(hub: HubProcess): Promise<void> {
    await hub.line(({ msg }) => msg === 'consuming');
  }

  /** Messages that no replica has been given yet, as none is given twice. */
  function waiting(): number {
    return builds * MESSAGES - count.delivered;
  }

  function until(holds: () => boolean): Promise<void> {
    const probe = () => {
      if (!holds()) throw new Error(`${waiting()} messages wait`);
    };
    return eventually(probe, { timeoutMs: 60_000 });
  }

  /** Workers who report so much that messages wait in the queue until they are stopped. */
  class Load {
    private stopped = false;
    private readonly running = this.run();

    constructor() {
      // Whoever waits for it is told, now or when it is stopped.
      this.running.catch(() => undefined);
    }

    /** Resolves when as many messages wait as there are to be. @throws what went wrong with the load */
    async full(): Promise<void> {
      await Promise.race([until(() => waiting() >= BACKLOG), this.running]);
    }

    async stop(): Promise<void> {
      this.stopped = true;
      await this.running;
    }

    private async run(): Promise<void> {
      while (!this.stopped) {
        await until(() => this.stopped || waiting() < BACKLOG);
        await reportBuild();
      }
    }
  }

  /** A build, and everything that the workers of its jobs have to say. */
  async function reportBuild(): Promise<void> {
    const build = await insertBuild(database, { jobs: JOBS });
    const [story] = STORIES;
    for (const round of [0, 3, 5]) {
      build.jobIds.forEach((id, i) => {
        const message = story?.jobs[i] && messageOf(story.jobs[i], id, round);
        if (!message) throw new Error('all jobs of the first story speak in these rounds');
        const properties = { type: message.type, contentType: 'application/json', persistent: true };
        channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(message.body)), properties);
      });
    }
    await channel.waitForConfirms();
    builds += 1;
  }
});
