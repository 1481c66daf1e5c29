import { Client } from 'pg';
import { createTestDatabase, createTestRedis, eventually, type TestDatabase, type TestRedis } from '../support';
import { compileHub, HubProcess } from '../support/hub-process';
import { insertBuild } from '../support/rows';
import { jobsInRedis, letTimePass, push, sidekiqJob } from '../support/sidekiq';
import { TcpProxy } from '../support/tcp-proxy';

const EVENTS = [
  'job:received',
  'build:started',
  'job:started',
  'build:finished',
  'job:finished',
  'build:restarted',
  'job:restarted',
];

let database: TestDatabase;
let redis: TestRedis;
const started: HubProcess[] = [];

beforeAll(async () => {
  compileHub();
  [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
}, 60_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((hub) => hub.destroy()));
  await redis.client.flushDb();
});
afterAll(() => Promise.all([database.drop(), redis.drop()]));

function start(changes: Readonly<Record<string, string>> = {}): HubProcess {
  const hub = new HubProcess({
    HTTP_BASIC_AUTH: 'hub:pw',
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    PORT: '0',
    ...changes,
  });
  started.push(hub);
  return hub;
}

const taking = (hub: HubProcess) => hub.line(({ msg }) => msg === 'taking jobs from Redis');

async function createBuilds(count: number): Promise<{ buildId: number; jobId: number }[]> {
  const builds = [];
  for (let i = 0; i < count; i++) {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
    builds.push({ buildId, jobId: jobIds[0]! });
  }
  return builds;
}

/**
 * For each build a run as old workers report it, without a number that would tell repeats apart, and a restart, which
 * would start the job over once more for each repeat.
 */
function storyOf(jobId: number): unknown[] {
  return [
    sidekiqJob('job:test:receive', { id: jobId, received_at: '2024-01-01T00:00:01Z' }, 'raw'),
    sidekiqJob('job:test:start', { id: jobId, started_at: '2024-01-01T00:00:02Z' }, 'raw'),
    sidekiqJob('job:test:finish', { id: jobId, state: 'failed', finished_at: '2024-01-01T00:00:03Z' }, 'raw'),
    sidekiqJob('job:restart', { id: String(jobId), user_id: 1, restarted_by: 1 }),
  ];
}

async function settled(): Promise<void> {
  await eventually(async () => expect(await jobsInRedis(redis.client)).toEqual({ waiting: 0, inProgress: 0 }), {
    timeoutMs: 20_000,
  });
}

async function expectEachOnce(builds: readonly { buildId: number }[]): Promise<void> {
  for (const { buildId } of builds) {
    const rows = await database.query<{ name: string }>(
      'SELECT name FROM hub.events WHERE build_id = $1 ORDER BY seq',
      [buildId],
    );
    expect(rows.map(({ name }) => name)).toEqual(EVENTS);
  }
}

async function stateOf(jobId: number): Promise<unknown> {
  return (await database.query<{ state: string }>('SELECT state FROM jobs WHERE id = $1', [jobId]))[0]?.state;
}

/** Holds all builds, so that messages stay in hand. @returns what lets them go */
async function holdBuilds(): Promise<() => Promise<void>> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM builds FOR UPDATE');
  return () => client.end();
}

describe('a Hub that is killed with jobs of Redis in hand', () => {
  it.each([
    ['after-receive:7', 40],
    ['before-commit:1', 40],
    ['after-commit:1', 40],
    // The first batch of 20 may be gone from Redis by then.
    ['after-commit:2', 20],
  ])('at %s loses none, and the next one applies each once', async (fault, least) => {
    const builds = await createBuilds(10);
    const jobs = builds.flatMap(({ jobId }) => storyOf(jobId));
    // Few enough in hand that a second batch follows the first.
    const doomed = start({ HUB_TEST_FAULT: fault, HUB_PREFETCH: '25', HUB_BATCH_SIZE: '20' });
    await taking(doomed);
    await push(redis.client, ...jobs);
    expect(await doomed.exited).toBeNull();
    const { waiting, inProgress } = await jobsInRedis(redis.client);
    expect(inProgress).toBeGreaterThan(0);
    expect(waiting + inProgress).toBeGreaterThanOrEqual(least);

    await letTimePass(redis.client, 60);
    start();
    await settled();
    await expectEachOnce(builds);
  });

  it('leaves them to a replica that goes on meanwhile', async () => {
    const builds = await createBuilds(30);
    const [doomed, other] = [start({ HUB_PREFETCH: '20' }), start({ HUB_PREFETCH: '20' })];
    await Promise.all([taking(doomed), taking(other)]);
    const release = await holdBuilds();
    // One story after the other, each to whoever is free: within a build nothing may overtake.
    for (const { jobId } of builds) await push(redis.client, storyOf(jobId)[0]);
    await eventually(async () => expect(await jobsInRedis(redis.client)).toEqual({ waiting: 0, inProgress: 30 }));
    doomed.kill('SIGKILL');
    await doomed.exited;
    await release();
    await eventually(async () => expect((await jobsInRedis(redis.client)).inProgress).toBeLessThan(30));
    await letTimePass(redis.client, 60);
    await settled();
    for (const { jobId } of builds) expect(await stateOf(jobId)).toBe('received');
    expect(other.lines.map(({ msg }) => msg)).toContain(
      'jobs that a dead process had in progress are back in the queue',
    );
  });
});

describe('a Hub that is told to stop with jobs of Redis in hand', () => {
  it('finishes and removes them, takes no more, and exits with 0', async () => {
    const [build, later] = await createBuilds(2);
    const hub = start({ HUB_PREFETCH: '4' });
    await taking(hub);
    const release = await holdBuilds();
    await push(redis.client, ...storyOf(build!.jobId), ...storyOf(later!.jobId));
    await eventually(async () => expect(await jobsInRedis(redis.client)).toEqual({ waiting: 4, inProgress: 4 }));
    hub.kill('SIGTERM');
    await hub.line(({ msg }) => msg?.startsWith('stopping') === true);
    await release();
    expect(await hub.exited).toBe(0);
    expect(await jobsInRedis(redis.client)).toEqual({ waiting: 4, inProgress: 0 });
    await expectEachOnce([build!]);
    expect(await stateOf(later!.jobId)).toBe('created');
  });

  it('gives them back in their order while the database is away, and exits with 0', async () => {
    const [build] = await createBuilds(1);
    const line = await TcpProxy.start(database.url);
    const hub = start({ DATABASE_URL: line.url });
    await taking(hub);
    const release = await holdBuilds();
    const jobs = storyOf(build!.jobId);
    await push(redis.client, ...jobs);
    await eventually(async () => expect((await jobsInRedis(redis.client)).inProgress).toBe(4));
    line.cut();
    await release();
    await hub.line(({ component, level }) => component === 'batcher' && level === 'warn');
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
    const waiting = await redis.client.lRange('queue:hub', 0, -1);
    expect(waiting.reverse().map((text) => JSON.parse(text) as unknown)).toEqual(jobs);
    expect((await jobsInRedis(redis.client)).inProgress).toBe(0);
    await line.close();
    start();
    await settled();
    await expectEachOnce([build!]);
  });
});

describe('a Hub whose Redis is away', () => {
  it('starts, is ready but degraded, stops with 0, and never tells the password', async () => {
    const hub = start({ REDIS_URL: 'redis://:geheim@127.0.0.1:1/0' });
    const url = await hub.url();
    await hub.line(({ component, level }) => component === 'redis' && level === 'warn');
    const report = await eventually(async () => {
      const response = await fetch(`${url}/health/ready`, { headers: { Connection: 'close' } });
      expect(response.status).toBe(200);
      return (await response.json()) as {
        status: string;
        details: Record<string, { status: string; message: string }>;
      };
    });
    expect(report).toMatchObject({ status: 'degraded', details: { redis: { status: 'degraded' } } });
    expect(report.details.redis?.message).toContain('ECONNREFUSED');
    const metrics = await (await fetch(`${url}/metrics`, { headers: { Connection: 'close' } })).text();
    expect(metrics).toMatch(/^hub_sidekiq_consumer_up 0$/m);
    expect(metrics).not.toMatch(/^hub_sidekiq_backlog /m);
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
    expect(JSON.stringify([hub.lines, report]) + hub.stderr).not.toContain('geheim');
    expect(hub.lines.filter(({ component }) => component === 'redis').length).toBeLessThanOrEqual(2);
  });

  it('says what is wrong with a url that names no database', async () => {
    const hub = start({ REDIS_URL: 'redis://:geheim@127.0.0.1/hub' });
    expect(await hub.exited).toBe(1);
    expect(hub.stderr).toContain('REDIS_URL cannot be used');
    expect(hub.stderr + JSON.stringify(hub.lines)).not.toContain('geheim');
  });
});

describe('a Hub without Redis', () => {
  it('has nothing of it but a line that says so', async () => {
    const hub = new HubProcess({ HTTP_BASIC_AUTH: 'hub:pw', DATABASE_URL: database.url, PORT: '0' });
    started.push(hub);
    const url = await hub.url();
    const report = await eventually(async () => {
      const response = await fetch(`${url}/health/ready`);
      const body = (await response.json()) as { status: string; details: Record<string, unknown> };
      expect(body.status).toBe('ok');
      return body;
    });
    expect(report.details.redis).toEqual({ status: 'up', message: 'No Redis is configured.' });
    expect(await (await fetch(`${url}/metrics`)).text()).not.toMatch(/^hub_sidekiq_/m);
    expect(hub.lines.filter(({ component }) => component === 'redis' || component === 'sidekiq')).toEqual([]);
  });
});
