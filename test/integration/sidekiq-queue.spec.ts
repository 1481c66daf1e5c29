import pino from 'pino';
import type { Settlement } from '../../src/intake/failure-policy';
import { JobConsumer, type Sight } from '../../src/intake/sidekiq/job-consumer';
import { JobQueue, type QueueTimes } from '../../src/intake/sidekiq/job-queue';
import { RedisConnection } from '../../src/redis';
import { createTestRedis, eventually, type TestRedis } from '../support';
import { jobsInRedis, letTimePass, push } from '../support/sidekiq';
import { TcpProxy } from '../support/tcp-proxy';

const LONG_AGO = 7_200;
const SILENCE_MS = 1_000;
const TIMES: QueueTimes = { deadAfterS: 15, forgottenAfterS: 3_600, waitS: 0.2 };
const SILENT = pino({ level: 'silent' });

let redis: TestRedis;
const consumers: TestConsumer[] = [];

beforeAll(async () => {
  redis = await createTestRedis();
});
afterEach(async () => {
  for (const consumer of consumers.splice(0)) await consumer.destroy();
  await redis.client.flushDb();
});
afterAll(() => redis.drop());

/** A consumer on connections of its own, which handles jobs as the test says. */
class TestConsumer {
  readonly taken: string[] = [];
  readonly signals: AbortSignal[] = [];
  /** What its last turn saw. */
  sight: Sight | undefined;
  settle: (job: string) => Promise<Settlement> = () => Promise.resolve('ack');
  readonly queue: JobQueue;
  readonly consumer: JobConsumer;
  private readonly connections: readonly [RedisConnection, RedisConnection];

  private constructor(name: string, url: string, prefetch: number) {
    this.connections = [new RedisConnection(url, SILENT, SILENCE_MS), new RedisConnection(url, SILENT, SILENCE_MS)];
    for (const connection of this.connections) connection.open();
    this.queue = new JobQueue(name, this.connections[0].client, this.connections[1].client, TIMES);
    const handle = (job: Buffer, signal: AbortSignal): Promise<Settlement> => {
      this.taken.push(job.toString());
      this.signals.push(signal);
      return this.settle(job.toString());
    };
    this.consumer = new JobConsumer(this.queue, prefetch, handle, (sight) => (this.sight = sight), SILENT);
  }

  static create(name: string, options: { url?: string; prefetch?: number } = {}): TestConsumer {
    const created = new TestConsumer(name, options.url ?? redis.url, options.prefetch ?? 100);
    consumers.push(created);
    return created;
  }

  start(): this {
    this.consumer.start();
    return this;
  }

  /** Holds every job until the test says what becomes of it. */
  hold(): (settlement: Settlement) => void {
    const waiting: ((settlement: Settlement) => void)[] = [];
    this.settle = () => new Promise((resolve) => waiting.push(resolve));
    return (settlement) => {
      for (const resolve of waiting.splice(0)) resolve(settlement);
    };
  }

  /** As if the process were killed. */
  die(): void {
    for (const connection of this.connections) connection.close();
  }

  async destroy(): Promise<void> {
    await this.consumer.drain(0);
    this.die();
  }
}

const jobs = (count: number, from = 1): string[] => Array.from({ length: count }, (_, i) => `job ${from + i}`);
const waiting = async (): Promise<string[]> => (await redis.client.lRange('queue:hub', 0, -1)).reverse();
const eventuallyInRedis = (expected: { waiting: number; inProgress: number }) =>
  eventually(async () => expect(await jobsInRedis(redis.client)).toEqual(expected));

describe('jobs', () => {
  it('are taken in their order, many at once, and removed when they are done with', async () => {
    await push(redis.client, ...jobs(50));
    const hub = TestConsumer.create('a').start();
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect(hub.taken).toEqual(jobs(50));
    await push(redis.client, ...jobs(5, 51));
    await eventually(() => expect(hub.taken).toEqual(jobs(55)));
    expect(hub.consumer).toMatchObject({ consuming: true, degraded: null });
  });

  it('stay in Redis until they are done with, and no more are taken than may be in hand', async () => {
    const hub = TestConsumer.create('a', { prefetch: 3 });
    const settle = hub.hold();
    await push(redis.client, ...jobs(5));
    hub.start();
    await eventuallyInRedis({ waiting: 2, inProgress: 3 });
    expect(hub.taken).toEqual(jobs(3));
    settle('ack');
    await eventuallyInRedis({ waiting: 0, inProgress: 2 });
    settle('ack');
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect(hub.taken).toEqual(jobs(5));
  });

  it('that look the same are different jobs', async () => {
    const hub = TestConsumer.create('a');
    const settle = hub.hold();
    await push(redis.client, 'same', 'same', 'same');
    hub.start();
    await eventually(() => expect(hub.taken).toEqual(['same', 'same', 'same']));
    settle('ack');
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
  });

  it('go back in their order when the consumer pauses, and come again when it resumes', async () => {
    const hub = TestConsumer.create('a', { prefetch: 4 });
    const settle = hub.hold();
    await push(redis.client, ...jobs(6));
    hub.start();
    await eventuallyInRedis({ waiting: 2, inProgress: 4 });
    await hub.consumer.pause('Paused: a test.');
    expect(hub.signals.every(({ aborted }) => aborted)).toBe(true);
    expect(hub.consumer).toMatchObject({ consuming: false, degraded: 'Paused: a test.' });
    settle('leave');
    await eventuallyInRedis({ waiting: 6, inProgress: 0 });
    expect(await waiting()).toEqual(jobs(6));
    hub.settle = () => Promise.resolve('ack');
    hub.consumer.resume();
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect(hub.taken.slice(4)).toEqual(jobs(6));
  });

  it('go back before new ones are taken, although the consumer resumes before they were', async () => {
    const hub = TestConsumer.create('a', { prefetch: 4 });
    const settle = new Map<string, (settlement: Settlement) => void>();
    hub.settle = (job) => new Promise((resolve) => settle.set(job, resolve));
    await push(redis.client, ...jobs(3));
    hub.start();
    await eventually(() => expect(hub.taken).toHaveLength(3));
    await hub.consumer.pause('Paused: a test.');
    await eventually(() => expect(hub.sight?.consuming).toBe(false));
    for (const job of jobs(2)) settle.get(job)?.('leave');
    await push(redis.client, 'new');
    hub.settle = () => Promise.resolve('ack');
    hub.consumer.resume();
    settle.get('job 3')?.('ack');
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect(hub.taken).toEqual([...jobs(3), ...jobs(2), 'new']);
  });
});

describe('a consumer that stops', () => {
  it('finishes what is in hand and takes nothing more', async () => {
    const hub = TestConsumer.create('a', { prefetch: 2 });
    const settle = hub.hold();
    await push(redis.client, ...jobs(3));
    hub.start();
    await eventuallyInRedis({ waiting: 1, inProgress: 2 });
    const drained = hub.consumer.drain(10_000);
    settle('ack');
    expect(await drained).toBe(0);
    expect(await jobsInRedis(redis.client)).toEqual({ waiting: 1, inProgress: 0 });
    expect(hub.taken).toEqual(jobs(2));
  });

  it('gives back what is not done in time, in its order', async () => {
    const hub = TestConsumer.create('a', { prefetch: 2 });
    hub.hold();
    await push(redis.client, ...jobs(3));
    hub.start();
    await eventuallyInRedis({ waiting: 1, inProgress: 2 });
    expect(await hub.consumer.drain(10)).toBe(2);
    expect(await waiting()).toEqual(jobs(3));
  });

  it('does so at once while it waits for a job, and while Redis is away', async () => {
    const hub = TestConsumer.create('a').start();
    await eventually(() => expect(hub.consumer.consuming).toBe(true));
    const nowhere = TestConsumer.create('b', { url: 'redis://127.0.0.1:1' }).start();
    const begun = performance.now();
    expect(await Promise.all([hub.consumer.drain(10_000), nowhere.consumer.drain(10_000)])).toEqual([0, 0]);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});

describe('a process that dies', () => {
  /** Takes jobs and is gone without a word. */
  async function dieWith(name: string, count: number): Promise<void> {
    const doomed = TestConsumer.create(name, { prefetch: count });
    doomed.hold();
    doomed.start();
    await eventually(() => expect(doomed.taken).toHaveLength(count));
    doomed.die();
  }

  it('leaves its jobs to another one, which takes them first and in their order', async () => {
    await push(redis.client, ...jobs(5));
    await dieWith('doomed', 3);
    await letTimePass(redis.client, TIMES.deadAfterS);
    const other = TestConsumer.create('other').start();
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect(other.taken).toEqual(jobs(5));
  });

  it('is not taken for dead before its time', async () => {
    await push(redis.client, ...jobs(2));
    await dieWith('doomed', 2);
    await letTimePass(redis.client, TIMES.deadAfterS - 5);
    const other = TestConsumer.create('other');
    await eventually(async () => expect(await other.queue.recover()).toEqual(new Map()));
    expect(await jobsInRedis(redis.client)).toEqual({ waiting: 0, inProgress: 2 });
  });

  it('leaves each job once, however many look at the same time', async () => {
    await push(redis.client, ...jobs(100));
    await dieWith('doomed', 100);
    await letTimePass(redis.client, TIMES.deadAfterS);
    const others = ['b', 'c', 'd', 'e'].map((name) => TestConsumer.create(name));
    await eventually(() => Promise.all(others.map(({ queue }) => queue.take(0))));
    const found = await Promise.all(others.map(({ queue }) => queue.recover()));
    expect(found.map((map) => map.get('doomed') ?? 0).sort((a, b) => a - b)).toEqual([0, 0, 0, 100]);
    expect(await waiting()).toEqual(jobs(100));
  });

  it('is looked after for a while, for what its last words may still move, and then forgotten', async () => {
    await push(redis.client, ...jobs(1));
    await dieWith('doomed', 1);
    const other = TestConsumer.create('other');
    await letTimePass(redis.client, TIMES.deadAfterS);
    await eventually(() => other.queue.recover());
    // A command of the dead process that Redis had not carried out yet.
    await redis.client.lMove('queue:hub', 'hub:in-progress:doomed', 'RIGHT', 'LEFT');
    expect(await other.queue.recover()).toEqual(new Map([['doomed', 1]]));
    await letTimePass(redis.client, LONG_AGO);
    await other.queue.recover();
    expect(await redis.client.zRange('hub:in-progress', 0, -1)).toEqual([]);
    expect(await waiting()).toEqual(jobs(1));
  });
});

describe('a connection that breaks', () => {
  let line: TcpProxy;
  beforeEach(async () => {
    line = await TcpProxy.start(redis.url);
  });
  afterEach(() => line.close());

  it('loses no job whose delivery was under way', async () => {
    const hub = TestConsumer.create('a', { url: line.url }).start();
    await eventually(() => expect(hub.consumer.consuming).toBe(true));
    // Redis has moved the job, but nobody heard of it.
    await redis.client.lPush('hub:in-progress:a', ['stray', 'stray too']);
    await eventually(() => expect(hub.taken).toEqual(['stray', 'stray too']));
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
  });

  it('again and again loses no job and leaves none behind', async () => {
    const hub = TestConsumer.create('a', { url: line.url, prefetch: 7 }).start();
    for (let round = 0; round < 10; round++) {
      await push(redis.client, ...jobs(30, 1 + round * 30));
      await eventually(() => expect(hub.taken.length).toBeGreaterThan(round * 30));
      line.cut();
      line.restore();
    }
    await eventuallyInRedis({ waiting: 0, inProgress: 0 });
    expect([...new Set(hub.taken)].sort()).toEqual(jobs(300).sort());
  });

  it('is told from a silent server, which is given up and connected to again', async () => {
    const hub = TestConsumer.create('a', { url: line.url }).start();
    await eventually(() => expect(hub.consumer.consuming).toBe(true));
    line.hang();
    await eventually(() => expect(hub.consumer.consuming).toBe(false));
    line.restore();
    await push(redis.client, ...jobs(1));
    await eventually(() => expect(hub.taken).toEqual(jobs(1)));
  });
});

describe('a Redis that refuses', () => {
  it('is told in its own words, and jobs are taken when it no longer does', async () => {
    await redis.client.set('queue:hub', 'no list');
    const hub = TestConsumer.create('a').start();
    await eventually(() => expect(hub.consumer.degraded).toContain('WRONGTYPE'));
    expect(hub.consumer.consuming).toBe(false);
    await redis.client.del('queue:hub');
    await push(redis.client, ...jobs(1));
    await eventually(() => expect(hub.taken).toEqual(jobs(1)));
    expect(hub.consumer).toMatchObject({ consuming: true, degraded: null });
  });
});
