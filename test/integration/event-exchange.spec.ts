import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Channel, type ChannelModel, type ConsumeMessage } from 'amqplib';
import { HTTP, type CloudEvent } from 'cloudevents';
import type { Environment } from '../../src/config';
import { DeliveryQueue } from '../../src/deliveries';
import { Batcher, normaliseMessage } from '../../src/intake';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { insertBuild, type BuildRows } from '../support/rows';
import { TcpProxy } from '../support/tcp-proxy';
import { insertTravisBuild } from '../support/travis-build';

const EXCHANGE = 'hub.events';
const GUIDE = join(__dirname, '../../docs/events.md');
/** A build of one job from its creation to its end. */
const STORY = [
  'build.created',
  'job.created',
  'job.received',
  'build.started',
  'job.started',
  'build.finished',
  'job.finished',
];
const ALL_SEQS = STORY.map((_, nth) => nth + 1);

let database: TestDatabase;
let broker: TestBroker;
let proxy: TcpProxy;
let hub: RunningHub | null;
let program: ChannelModel;
let channel: Channel;

beforeAll(async () => {
  broker = await createTestBroker();
});
afterAll(() => broker.drop());
beforeEach(async () => {
  database = await createTestDatabase();
  proxy = await TcpProxy.start(broker.url);
  program = await connect(broker.url);
  channel = await program.createChannel();
  hub = null;
});
afterEach(async () => {
  await hub?.stop();
  for (const exchange of [EXCHANGE, 'unwanted']) await channel.deleteExchange(exchange);
  for (const queue of ['my-deploys', 'unwanted']) await channel.deleteQueue(queue);
  await program.close();
  await proxy.close();
  await database.drop();
});

async function startHub(environment: Environment = {}): Promise<void> {
  hub = await bootstrap({
    DATABASE_URL: database.url,
    RABBITMQ_URL: proxy.url,
    HTTP_BASIC_AUTH: 'test:a-long-test-password',
    PORT: '0',
    LOG_LEVEL: 'silent',
    HUB_WEB_URL: 'https://ci.example.org',
    HUB_CHANNELS: 'amqp=deliver,webhook=off',
    ...environment,
  });
}

async function send(type: string, body: object): Promise<void> {
  await hub?.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, body));
}

async function play({ buildId, jobIds: [id] }: BuildRows): Promise<void> {
  await send('build:create', { id: buildId });
  await send('job:receive', { id });
  await send('job:start', { id });
  await send('job:finish', { id, state: 'passed' });
}

/** A program that wants the events with these routing keys: what it got, in order. */
async function subscribe(...keys: readonly string[]): Promise<ConsumeMessage[]> {
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
  const { queue } = await channel.assertQueue('', { exclusive: true });
  for (const key of keys) await channel.bindQueue(queue, EXCHANGE, key);
  return consume(queue);
}

async function consume(queue: string): Promise<ConsumeMessage[]> {
  const got: ConsumeMessage[] = [];
  await channel.consume(queue, (message) => message && got.push(message), { noAck: true });
  return got;
}

const keysOf = (messages: readonly ConsumeMessage[]) => messages.map(({ fields }) => fields.routingKey);
const idsOf = (messages: readonly ConsumeMessage[]) => messages.map(({ properties }) => String(properties.messageId));

/** Positions of a build's events in the order of arrival; one that came twice in a row counts once. */
function seqsOf(messages: readonly ConsumeMessage[], buildId: number): number[] {
  const events = messages.map(({ content }) => JSON.parse(content.toString('utf8')) as Received);
  const seqs = events.flatMap(({ data }) => (data.build.id === buildId ? [data.seq] : []));
  return seqs.filter((seq, nth) => seq !== seqs[nth - 1]);
}
type DocumentedProgram = (
  connect: () => Promise<ChannelModel>,
  process: object,
  deployOnce: (...what: unknown[]) => unknown,
) => Promise<void>;

interface Received {
  readonly data: { readonly seq: number; readonly build: { readonly id: number } };
}

const deliveries = () =>
  database.query<{ id: number; state: string; attempts: number; last_reason: string | null }>(
    `SELECT id, state, attempts, last_reason FROM hub.deliveries WHERE channel = 'amqp' ORDER BY id`,
  );

async function allTold(count: number): Promise<void> {
  await eventually(async () => {
    const states = (await deliveries()).map(({ state }) => state);
    expect(states).toEqual(Array.from({ length: count }, () => 'delivered'));
  });
}

/** As if the pauses between attempts were over. */
async function tryNow(): Promise<void> {
  await database.query(
    `UPDATE hub.deliveries SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
      WHERE state = 'pending' AND (leased_until IS NULL OR leased_until < clock_timestamp() AT TIME ZONE 'UTC')`,
  );
  hub?.app.get(DeliveryQueue, { strict: false }).nudge();
}

describe('the exchange hub.events', () => {
  it('brings each program the events whose routing keys it asked for, in order', async () => {
    const wanted = {
      ends: await subscribe('build.finished', 'build.canceled'),
      builds: await subscribe('build.*'),
      finished: await subscribe('*.finished'),
      all: await subscribe('#'),
    };
    await startHub();
    await play(await insertBuild(database, { jobs: 1 }));
    await allTold(STORY.length);
    await eventually(() => expect(keysOf(wanted.all)).toEqual(STORY));
    await eventually(() => {
      expect(keysOf(wanted.ends)).toEqual(['build.finished']);
      expect(keysOf(wanted.builds)).toEqual(['build.created', 'build.started', 'build.finished']);
      expect(keysOf(wanted.finished)).toEqual(['build.finished', 'job.finished']);
    });
  });

  it('carries persistent CloudEvents that the official library reads', async () => {
    const all = await subscribe('build.finished');
    await startHub();
    const build = await insertBuild(database, { jobs: 1 });
    await play(build);
    const [message] = await eventually(() => {
      expect(all).toHaveLength(1);
      return all;
    });
    const { contentType, messageId } = message!.properties as { contentType: string; messageId: string };
    const headers = { 'content-type': contentType };
    const event = HTTP.toEvent({ headers, body: message!.content.toString('utf8') }) as CloudEvent<unknown>;
    expect(event.validate()).toBe(true);
    const [row] = await database.query<{ id: number; at: Date }>(
      `SELECT id, at FROM hub.events WHERE name = 'build:finished'`,
    );
    expect(event).toMatchObject({
      id: String(row!.id),
      source: 'https://ci.example.org/',
      subject: `acme/tool/builds/${build.buildId}`,
      type: 'hub.build.finished',
      data: { event: 'build:finished', build: { id: build.buildId, state: 'passed' }, jobs: [{ state: 'passed' }] },
    });
    expect(message!.properties).toMatchObject({
      messageId,
      deliveryMode: 2,
      contentType: 'application/cloudevents+json; charset=utf-8',
      type: 'build:finished',
      appId: 'hub',
      timestamp: Math.floor(row!.at.getTime() / 1_000),
    });
    expect(messageId).toBe(event.id);
  });

  it('brings the program of docs/events.md what it waits for', async () => {
    const [, code = ''] = /```js\n(import { connect }[^]*?)```/.exec(readFileSync(GUIDE, 'utf8')) ?? [];
    const body = code.replace(/^import .*$/m, '');
    const AsyncFunction = (async () => undefined).constructor as new (...parts: string[]) => DocumentedProgram;
    const deployed: unknown[] = [];
    const connecting = connect(broker.url);
    await new AsyncFunction('connect', 'process', 'deployOnce', body)(
      () => connecting,
      { env: {} },
      (...what: unknown[]) => deployed.push(what),
    );
    await startHub();
    const build = await insertTravisBuild(database);
    await play({ ...build, stageIds: [], jobIds: [build.jobId] });
    await allTold(STORY.length);
    const [event] = await database.query<{ id: number }>(`SELECT id FROM hub.events WHERE name = 'build:finished'`);
    await eventually(() => expect(deployed).toEqual([[String(event?.id), '62aae5f70ceee39123ef']]));
    await (await connecting).close();
    expect(await broker.messagesIn('my-deploys')).toBe(0);
  });

  it('is durable, as a program that starts before Hub may declare it', async () => {
    await startHub();
    await play(await insertBuild(database, { jobs: 1 }));
    await allTold(STORY.length);
    await expect(channel.assertExchange(EXCHANGE, 'topic', { durable: true })).resolves.toMatchObject({});
  });

  it('may have been declared with arguments of its own, such as where to put what nobody wants', async () => {
    await channel.assertExchange('unwanted', 'fanout', { durable: true });
    await channel.assertQueue('unwanted', { durable: true });
    await channel.bindQueue('unwanted', 'unwanted', '');
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true, alternateExchange: 'unwanted' });
    await startHub();
    await play(await insertBuild(database, { jobs: 1 }));
    const unwanted = await consume('unwanted');
    await eventually(() => expect(keysOf(unwanted)).toEqual(STORY));
    await allTold(STORY.length);
  });

  it('of another type holds events back and says why, until it is gone', async () => {
    await channel.assertExchange(EXCHANGE, 'fanout', { durable: true });
    await startHub();
    const build = await insertBuild(database, { jobs: 1 });
    await send('job:receive', { id: build.jobIds[0] });
    await eventually(async () => {
      expect(await deliveries()).toMatchObject([
        { state: 'pending', last_reason: expect.stringMatching(/hub\.events.*type/) },
      ]);
    });
    await channel.deleteExchange(EXCHANGE);
    const all = await subscribe('#');
    await tryNow();
    await eventually(() => expect(keysOf(all)).toEqual(['job.received']));
    await allTold(1);
  });

  it('gets what happened while the broker was away, in order, and repeats under the same ids at worst', async () => {
    const all = await subscribe('#');
    await startHub();
    const [first, second] = [await insertBuild(database, { jobs: 1 }), await insertBuild(database, { jobs: 1 })];
    await send('build:create', { id: first.buildId });
    await allTold(2);
    proxy.cut();
    await play(first);
    await play(second);
    await eventually(async () => expect(await deliveries()).toHaveLength(2 * STORY.length));
    // The oldest is tried last, so that it shows who waits for whom.
    await eventually(async () => {
      const delayed = await database.query(
        `UPDATE hub.deliveries SET next_attempt_at = next_attempt_at + interval '1 hour' WHERE attempts > 0
            AND leased_until IS NULL AND id = (SELECT min(id) FROM hub.deliveries WHERE state = 'pending') RETURNING id`,
      );
      expect(delayed).toHaveLength(1);
    });
    proxy.restore();
    await eventually(() => expect(seqsOf(all, second.buildId)).toEqual(ALL_SEQS), { timeoutMs: 20_000 });
    expect(seqsOf(all, first.buildId)).toEqual([1, 2]);
    await tryNow();
    await allTold(2 * STORY.length);
    await eventually(() => expect(seqsOf(all, first.buildId)).toEqual(ALL_SEQS));
    const events = await database.query<{ id: number }>('SELECT id FROM hub.events ORDER BY id');
    expect([...new Set(idsOf(all))].map(Number).sort((a, b) => a - b)).toEqual(events.map(({ id }) => id));
  });

  it('counts nothing as told that the broker has not confirmed', async () => {
    const all = await subscribe('#');
    await startHub();
    const build = await insertBuild(database, { jobs: 1 });
    await send('build:create', { id: build.buildId });
    await allTold(2);
    proxy.hang();
    await send('job:receive', { id: build.jobIds[0] });
    await eventually(async () => {
      expect((await deliveries())[2]).toMatchObject({ state: 'pending', attempts: 1 });
    });
    expect(keysOf(all)).toEqual(['build.created', 'job.created']);
    proxy.restore();
    await allTold(3);
    expect([...new Set(keysOf(all))]).toEqual(['build.created', 'job.created', 'job.received']);
  });
});

it('Hub does not start to publish without a broker, and says what to do', async () => {
  await expect(startHub({ RABBITMQ_URL: undefined })).rejects.toThrow(/amqp.*RABBITMQ_URL/);
});
