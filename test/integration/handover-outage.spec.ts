import { RedisConnections } from '../../src/redis/redis.module';
import { eventually } from '../support';
import { HandoverScene } from '../support/handover-scene';
import { startApiApp } from './api-app';
import { TcpProxy } from '../support/tcp-proxy';
import type { TravisBuild } from '../support/travis-build';

const CHANNELS = 'scheduler=handover,pusher=handover,webhook=handover,log=deliver';

describe('hand-overs while Redis is away', () => {
  let scene: HandoverScene;
  let proxy: TcpProxy;
  let build: TravisBuild;

  beforeEach(async () => {
    scene = await HandoverScene.open(
      { HUB_CHANNELS: CHANNELS },
      {
        travis: false,
        async redisUrl(url) {
          proxy = await TcpProxy.start(url);
          return proxy.url;
        },
      },
    );
    build = await scene.insert({ config: { notifications: { webhooks: 'https://hooks.example.org' } } });
  });
  afterEach(async () => {
    await scene.close();
    await proxy.close();
  });

  const rows = (channel: 'log' | 'handover-%') =>
    scene.hub.rows<{ state: string; attempts: number }>(
      'SELECT state, attempts FROM hub.deliveries WHERE channel LIKE $1 ORDER BY id',
      channel,
    );
  const stateOf = async (id: number) =>
    (await scene.hub.rows<{ state: string }>(`SELECT state FROM jobs WHERE id = ${id}`))[0]?.state;
  const planned = () =>
    eventually(async () => {
      expect(await scene.hub.rows('SELECT id FROM hub.events WHERE planned_at IS NULL')).toEqual([]);
    });

  /** What the queues hold, by the events that their jobs tell of. */
  const told = async () => ({
    scheduler: (await scene.queues.jobs('scheduler')).map(({ args }) => args[1]),
    live: (await scene.queues.jobs('pusher-live')).map(({ args }) => (args[4] as { event: string }).event),
    webhook: (await scene.queues.jobs('webhook')).map(
      ({ args }) => (args[3] as { build: { state: string } }).build.state,
    ),
  });

  const ALL = {
    scheduler: ['job:created', 'job:finished'],
    live: [
      'build:created',
      'job:created',
      'job:received',
      'build:started',
      'job:started',
      'build:finished',
      'job:finished',
    ],
    webhook: ['passed'],
  };

  async function report(): Promise<void> {
    const { buildId, jobId: id } = build;
    await scene.send('build:create', { id: buildId });
    await scene.send('job:receive', { id });
    await scene.send('job:start', { id });
    await scene.send('job:finish', { id, state: 'passed' });
  }

  it('wait in the database, use no attempt, and are made once and in order when it is back', async () => {
    proxy.cut();
    await eventually(() => {
      expect(scene.hub.app.get(RedisConnections).main?.client.isReady).toBe(false);
    });
    await report();
    expect(await stateOf(build.jobId)).toBe('passed');
    // What needs no Redis goes on: rounds were made in which the others could have been tried.
    await eventually(async () => {
      const log = await rows('log');
      expect(log).toHaveLength(7);
      expect(log).toEqual(log.map(() => ({ state: 'delivered', attempts: 1 })));
    });
    const waiting = await rows('handover-%');
    expect(waiting).toHaveLength(10);
    expect(waiting).toEqual(waiting.map(() => ({ state: 'pending', attempts: 0 })));

    proxy.restore();
    await scene.allHandedOver();
    expect(await told()).toEqual(ALL);
    expect(await rows('handover-%')).toEqual(waiting.map(() => ({ state: 'delivered', attempts: 1 })));
  });

  it('survive a Redis that hangs in the middle, and repeat under the same job id at worst', async () => {
    await report();
    await scene.allHandedOver();
    await scene.queues.clear();
    proxy.hang();
    await scene.send('job:restart', { id: build.jobId });
    await scene.send('job:cancel', { id: build.jobId });
    await planned();
    await eventually(async () => {
      expect((await rows('handover-%')).some(({ state, attempts }) => state === 'pending' && attempts > 0)).toBe(true);
    });
    proxy.restore();
    await scene.allHandedOver();
    const jobs = await scene.queues.jobs('scheduler');
    const events = new Map(jobs.map(({ envelope, args }) => [envelope.jid, args[1]]));
    expect([...events.values()].sort()).toEqual(['job:canceled', 'job:created']);
  });

  it('are tried again when Redis refuses, and say why without the job', async () => {
    await scene.queues.spoil('scheduler');
    await report();
    await eventually(async () => {
      const [row] = await scene.hub.rows<{ last_reason: string }>(
        `SELECT last_reason FROM hub.deliveries WHERE channel = 'handover-scheduler' AND last_reason IS NOT NULL`,
      );
      expect(row?.last_reason).toMatch(/^Redis did not take the job: WRONGTYPE/);
    });
    await scene.queues.unspoil('scheduler');
    await scene.allHandedOver();
    expect(await told()).toEqual({ ...ALL, scheduler: expect.arrayContaining(ALL.scheduler) });
    expect(await scene.queues.jobs('scheduler')).toHaveLength(2);
  });

  it('do not keep Hub from starting, being ready and stopping', async () => {
    const away = await TcpProxy.start(scene.queues.url);
    away.hang();
    const hub = await startApiApp({ REDIS_URL: away.url, HUB_CHANNELS: 'scheduler=handover' });
    await hub.anonymous('get', '/health/ready').expect(200);
    const begun = Date.now();
    await hub.close();
    expect(Date.now() - begun).toBeLessThan(5_000);
    await away.close();
  });
});
