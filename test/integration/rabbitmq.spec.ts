import type { Channel } from 'amqplib';
import { RejectedCommand, type Outcome } from '../../src/contracts/command';
import { createTestBroker, eventually, type TestBroker } from '../support';
import { QUEUE, RabbitmqScene } from './rabbitmq-scene';

let broker: TestBroker;
let scene: RabbitmqScene;

beforeAll(async () => {
  broker = await createTestBroker();
});
afterAll(() => broker.drop());

beforeEach(async () => {
  scene = await RabbitmqScene.open(broker.url);
});
afterEach(() => scene.close());

/** A promise and what settles it. */
function gate(): { passed: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

const changed: Outcome = { kind: 'changed' };
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Declares exactly what a worker declares when it starts; the broker refuses what differs. */
async function declareAsWorker(channel: Channel): Promise<void> {
  await channel.assertExchange('reporting', 'topic', { durable: true, autoDelete: false, internal: false });
  await channel.assertQueue(QUEUE, { durable: true, autoDelete: false, exclusive: false });
}

describe('the queue and its exchange', () => {
  it('are declared so that a worker that starts later finds them as it declares them', async () => {
    const hub = await scene.startHub();
    await declareAsWorker(scene.channel);
    expect(hub.degraded).toBeNull();
  });

  it('may have been declared by a worker before', async () => {
    await declareAsWorker(scene.channel);
    const hub = await scene.startHub();
    expect(hub).toMatchObject({ consuming: true, degraded: null });
  });

  it('get messages from workers of today, to the queue, and of old, through the exchange, each once', async () => {
    await scene.startHub();
    scene.publish('job:test:start', { id: 1 });
    scene.channel.publish('reporting', QUEUE, Buffer.from('{"id":2}'), { type: 'job:test:start' });
    await eventually(() => expect(scene.batcher.ids.toSorted()).toEqual([1, 2]));
    await scene.settled();
    expect(scene.batcher.ids).toHaveLength(2);
  });

  it.each([
    ['queue', (channel: Channel) => channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-max-priority': 5 } })],
    ['exchange', (channel: Channel) => channel.assertExchange('reporting', 'direct', { durable: false })],
  ])('are used as they are when the %s exists with other arguments, and that is said', async (what, declare) => {
    await declare(scene.channel);
    const hub = await scene.startHub();
    expect(hub.degraded).toContain(`The ${what} `);
    expect(hub.degraded).toContain('PRECONDITION_FAILED');
    scene.publish('job:test:start', { id: 1 });
    scene.channel.publish('reporting', QUEUE, Buffer.from('{"id":2}'), { type: 'job:test:start' });
    await eventually(() => expect(scene.batcher.ids).toHaveLength(2));
    await scene.settled();
  });

  it('keep at most the configured number of messages in the hands of one Hub', async () => {
    scene.batcher.handle = () => new Promise<Outcome>(() => undefined);
    await scene.startHub({ prefetch: 3, drainTimeoutMs: 1 });
    for (const id of upTo(10)) scene.publish('job:test:start', { id });
    await eventually(async () => expect(await scene.waiting()).toBe(7));
    expect(scene.batcher.ids).toEqual([1, 2, 3]);
  });
});

describe('a message', () => {
  it('is handed on as a command with what it takes to recognise it again', async () => {
    await scene.startHub();
    scene.publish('job:test:finish', { id: 7, state: 'cancelled' });
    await eventually(() => expect(scene.batcher.submitted).toHaveLength(1));
    expect(scene.batcher.submitted[0]).toEqual({
      subject: 'job',
      name: 'finish',
      id: 7,
      data: { state: 'canceled' },
      sentAt: new Date(1_600_000_000_000),
      message: { fingerprint: expect.any(String), redelivered: false },
    });
  });

  it('is acked only after it is applied', async () => {
    const { passed, open } = gate();
    scene.batcher.handle = () => passed.then(() => changed);
    const hub = await scene.startHub();
    scene.publish('job:test:start', { id: 1 });
    await eventually(() => expect(scene.batcher.ids).toEqual([1]));
    scene.proxy.cut();
    await eventually(() => expect(hub.consuming).toBe(false));
    await eventually(async () => expect(await scene.waiting()).toBe(1));
    open();
    scene.proxy.restore();
    await scene.settled();
    expect(scene.batcher.submitted.map(({ message }) => message?.redelivered)).toEqual([false, true]);
  });

  it('stays unacked while its handler fails, does not hold up others, and is acked when it succeeds', async () => {
    let failures = 0;
    let mended = false;
    scene.batcher.handle = ({ id }) => {
      if (id !== 1 || mended) return Promise.resolve(changed);
      failures++;
      return Promise.reject(Object.assign(new Error('the database is away'), { code: '57P01' }));
    };
    await scene.startHub({ prefetch: 5 });
    for (const id of upTo(50)) scene.publish('job:test:start', { id });
    await eventually(() => expect(failures).toBeGreaterThan(30));
    expect(new Set(scene.batcher.ids).size).toBe(50);
    expect(scene.parked).toEqual([]);
    mended = true;
    const failed = failures;
    await eventually(() => expect(scene.batcher.ids.filter((id) => id === 1).length).toBeGreaterThan(failed));
    await scene.settled();
  });

  it('that is never applied is parked and acked; while parking fails it is held', async () => {
    let tries = 0;
    scene.parking = () => (++tries < 5 ? Promise.reject(new Error('Connection terminated')) : Promise.resolve());
    scene.batcher.handle = ({ id }) => Promise.reject(new RejectedCommand('unknown_job', `there is no job ${id}`));
    await scene.startHub();
    scene.publish('job:test:start', { id: 1 });
    await eventually(() =>
      expect(scene.parked).toEqual([{ reason: 'unknown_job', type: 'job:test:start', body: '{"id":1}' }]),
    );
    expect(tries).toBe(5);
    await scene.settled();
  });

  it('that fails for a reason nobody thought of is parked after twenty tries', async () => {
    scene.batcher.handle = () => Promise.reject(new TypeError('x is not a function'));
    await scene.startHub();
    scene.publish('job:test:start', { id: 1 });
    await eventually(() => expect(scene.parked).toMatchObject([{ reason: 'failed' }]));
    expect(scene.batcher.ids).toHaveLength(20);
    await scene.settled();
  });
});

describe('malformed messages', () => {
  const MALFORMED: readonly (readonly [string, string | undefined, unknown])[] = [
    ['not_json', 'job:test:start', 'id=1'],
    ['not_json', 'job:test:start', Buffer.alloc(0)],
    ['not_json', 'job:test:start', Buffer.from([0x1f, 0x8b, 0x00, 0xff])],
    ['not_json', 'job:test:start', '{"id":1'],
    ['not_an_object', 'job:test:start', 'null'],
    ['not_an_object', 'job:test:start', '[{"id":1}]'],
    ['not_an_object', 'job:test:start', '"just text"'],
    ['no_type', undefined, { id: 1 }],
    ['unknown_type', 'job:test:explode', { id: 1 }],
    ['unusable_id', 'deploy:finished', { id: 1 }],
    ['unknown_type', 'unaccepted', { id: 1 }],
    ['unusable_id', 'job:test:start', {}],
    ['unusable_id', 'job:test:start', { id: 'seven' }],
    ['unusable_id', 'job:test:start', { id: -1 }],
    ['unusable_result', 'job:test:finish', { id: 1, state: 'started' }],
    ['unusable_result', 'job:test:finish', { id: 1 }],
    ['unknown_job', 'job:test:start', { id: 999_999 }],
  ];

  it('are parked with their reason and bytes, while the good ones between them are applied', async () => {
    scene.batcher.handle = ({ id }) =>
      id === 999_999 ? Promise.reject(new RejectedCommand('unknown_job', 'there is no job')) : Promise.resolve(changed);
    const hub = await scene.startHub({ prefetch: 20 });
    for (const id of upTo(102)) {
      const [, type, body] = MALFORMED[id % MALFORMED.length]!;
      scene.publish(type, body);
      scene.publish('job:test:start', { id });
    }
    await eventually(() => {
      expect(scene.parked).toHaveLength(102);
      expect(scene.batcher.ids.filter((id) => id !== 999_999)).toEqual(upTo(102));
    });
    for (const [reason, type, body] of MALFORMED) {
      const text = Buffer.isBuffer(body) || typeof body === 'string' ? String(body) : JSON.stringify(body);
      expect(
        scene.parked.filter((each) => each.reason === reason && each.type === type && each.body === text),
      ).toHaveLength(6);
    }
    expect(hub.consuming).toBe(true);
    await scene.settled();
  });
});

describe('when the broker has trouble', () => {
  async function stillWorks(id: number): Promise<void> {
    scene.publish('job:test:start', { id });
    await eventually(() => expect(scene.batcher.ids).toContain(id), { timeoutMs: 3_000 });
  }

  it('Hub consumes again after its queue was deleted', async () => {
    const hub = await scene.startHub();
    await scene.channel.deleteQueue(QUEUE);
    // Messages to a queue that does not exist vanish.
    await eventually(() => stillWorks(1));
    expect(hub.consuming).toBe(true);
    await declareAsWorker(scene.channel);
  });

  it('Hub consumes again after its connection was cut, also more than once', async () => {
    const hub = await scene.startHub();
    for (const id of upTo(3)) {
      scene.proxy.cut();
      await eventually(() => expect(hub.consuming).toBe(false));
      scene.proxy.restore();
      await stillWorks(id);
      expect(hub.consuming).toBe(true);
    }
    expect((await scene.channel.checkQueue(QUEUE)).consumerCount).toBe(1);
  });

  it('Hub starts without a broker and consumes when it comes', async () => {
    scene.proxy.cut();
    const { server, listening } = await scene.startHubWithoutWaiting();
    expect(server.consuming).toBe(false);
    scene.proxy.restore();
    await listening;
    await stillWorks(1);
  });

  it('Hub consumes again after the broker closed its channel', async () => {
    const { passed, open } = gate();
    scene.batcher.handle = () => passed.then(() => changed);
    const hub = await scene.startHub();
    scene.publish('job:test:start', { id: 1 });
    await eventually(() => expect(scene.batcher.ids).toEqual([1]));
    // The broker closes a channel for what it takes for a mistake, such as a consumer that was too slow.
    const { connection } = hub.unwrap<{ connection: { connection: { channels: { channel: Channel }[] } } }>();
    const [, used] = connection.connection.channels;
    used!.channel.ack({ fields: { deliveryTag: 4_711 } } as never);
    await eventually(() =>
      expect(scene.batcher.submitted.map((each) => each.message?.redelivered)).toEqual([false, true]),
    );
    open();
    await scene.settled();
  });
});

describe('a pause', () => {
  it('gives everything back and takes nothing until it is over', async () => {
    const { passed, open } = gate();
    scene.batcher.handle = () => passed.then(() => changed);
    const hub = await scene.startHub();
    for (const id of upTo(5)) scene.publish('job:test:start', { id });
    await eventually(() => expect(scene.batcher.ids).toHaveLength(5));
    await hub.pause('Paused: for a test.');
    expect(hub).toMatchObject({ consuming: false, degraded: 'Paused: for a test.' });
    await eventually(async () => expect(await scene.waiting()).toBe(5));
    open();
    hub.resume();
    await eventually(() => expect(scene.batcher.submitted.filter((each) => each.message?.redelivered)).toHaveLength(5));
    expect(hub).toMatchObject({ consuming: true, degraded: null });
    await scene.settled();
    expect(scene.batcher.ids).toHaveLength(10);
  });
});

describe('closing', () => {
  it('finishes and acks what is in hand and leaves the rest in the queue', async () => {
    const { passed, open } = gate();
    scene.batcher.handle = () => passed.then(() => changed);
    const hub = await scene.startHub({ prefetch: 5 });
    for (const id of upTo(8)) scene.publish('job:test:start', { id });
    await eventually(() => expect(scene.batcher.ids).toHaveLength(5));
    const stopped = scene.stopHubs();
    await eventually(async () => expect((await scene.channel.checkQueue(QUEUE)).consumerCount).toBe(0));
    expect(hub.consuming).toBe(false);
    open();
    await stopped;
    expect(await scene.waiting()).toBe(3);
    expect(scene.batcher.ids).toEqual([1, 2, 3, 4, 5]);
  });

  it('gives back what does not finish in time', async () => {
    scene.batcher.handle = () => new Promise<Outcome>(() => undefined);
    await scene.startHub({ drainTimeoutMs: 50 });
    for (const id of upTo(3)) scene.publish('job:test:start', { id });
    await eventually(() => expect(scene.batcher.ids).toHaveLength(3));
    await scene.stopHubs();
    expect(await scene.waiting()).toBe(3);
  });

  it('does not wait for the next try of what fails', async () => {
    scene.batcher.handle = () => Promise.reject(Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    await scene.startHub({ drainTimeoutMs: 60_000 });
    scene.publish('job:test:start', { id: 1 });
    await eventually(() => expect(scene.batcher.ids.length).toBeGreaterThan(1));
    await scene.stopHubs();
    expect(await scene.waiting()).toBe(1);
  });

  it('does not wait for a broker that is away', async () => {
    await scene.startHub();
    scene.proxy.hang();
    await scene.stopHubs();
    expect((await scene.channel.checkQueue(QUEUE)).queue).toBe(QUEUE);
  });
});
