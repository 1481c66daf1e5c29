import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { DeliveryCount } from '../support/delivery-count';
import { messageOf, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { insertBuild, type BuildRows } from '../support/rows';
import { TcpProxy } from '../support/tcp-proxy';

const QUEUE = 'reporting.jobs.builds';
const BACKLOG = 120;
const JOBS = 4;
const MESSAGES_PER_JOB = 3;

describe('a rolling update under full load', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let line: TcpProxy;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const count = new DeliveryCount();
  const hubs: HubProcess[] = [];
  const builds: BuildRows[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    line = await TcpProxy.start(broker.url);
    line.overhear(count.hear);
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(hubs.map((hub) => hub.destroy()));
    await connection.close();
    await line.close();
    await broker.drop();
    await database.drop();
  });

  it('hands no message out twice, loses none, and every replica that is told to stop exits with 0', async () => {
    while (builds.length < BACKLOG) await reportBuild();
    const old = [startHub(), startHub()];
    for (const hub of old) await consuming(hub);
    let rolling = true;
    const load = (async () => {
      while (rolling) await reportBuild();
    })();

    for (const hub of old) {
      expect(await broker.messagesIn(QUEUE)).toBeGreaterThan(0);
      hub.kill('SIGTERM');
      expect(await hub.exited).toBe(0);
      await consuming(startHub());
    }
    rolling = false;
    await load;
    await eventually(async () => expect(await broker.messagesIn(QUEUE)).toBe(0), { timeoutMs: 60_000 });

    expect(count).toMatchObject({ delivered: builds.length * JOBS * MESSAGES_PER_JOB, redelivered: 0 });
    expect(await database.query('SELECT state, count(*)::int AS n FROM jobs GROUP BY state')).toEqual([
      { state: 'passed', n: builds.length * JOBS },
    ]);
    expect(
      await database.query(
        `SELECT name, count(*)::int AS n FROM hub.events WHERE job_id IS NULL GROUP BY name ORDER BY name`,
      ),
    ).toContainEqual({ name: 'build:finished', n: builds.length });
  }, 240_000);

  it('would count a message that is handed out twice', async () => {
    const { delivered, redelivered } = count;
    const own = await connect(line.url);
    const consumer = await own.createChannel();
    await consumer.assertQueue('twice');
    consumer.sendToQueue('twice', Buffer.from('x'));
    const nextMessage = () => new Promise<void>((resolve) => void consumer.consume('twice', () => resolve()));
    await nextMessage();
    await consumer.recover();
    await eventually(() => expect(count.redelivered).toBe(redelivered + 1));
    expect(count.delivered).toBe(delivered + 2);
    await own.close();
  });

  function startHub(): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: line.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_CHANNELS: 'webhook=off',
    });
    hubs.push(hub);
    return hub;
  }

  async function consuming(hub: HubProcess): Promise<void> {
    await hub.line(({ msg }) => msg === 'consuming');
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
    builds.push(build);
  }
});
