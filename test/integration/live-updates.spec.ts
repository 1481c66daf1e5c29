import Pusher from 'pusher';
import type { Environment } from '../../src/config';
import { DeliveryQueue } from '../../src/deliveries';
import { Batcher, normaliseMessage } from '../../src/intake';
import { bootstrap, type RunningHub } from '../../src/main';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { LivePage } from '../support/live-page';
import { PusherServer } from '../support/pusher-server';
import { insertTravisBuild, type TravisBuild, type TravisBuildShape } from '../support/travis-build';

/** A build of one job from its creation to its end, and what a page is to be told of it. */
const STORY = [
  'build:created created',
  'job:created created',
  'job:received received',
  'build:started started',
  'job:started started',
  'build:finished passed',
  'job:finished passed',
];

let database: TestDatabase;
let server: PusherServer;
const hubs: RunningHub[] = [];
const pages: LivePage[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
  server = new PusherServer();
  await server.up();
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.close();
  for (const hub of hubs.splice(0)) await hub.stop();
  await server.close();
  await database.drop();
});

async function startHub(environment: Environment = {}): Promise<RunningHub> {
  const hub = await bootstrap({
    DATABASE_URL: database.url,
    HTTP_BASIC_AUTH: 'test:a-long-test-password',
    PORT: '0',
    LOG_LEVEL: 'silent',
    HUB_CHANNELS: 'pusher=deliver,webhook=off',
    PUSHER_URL: server.url,
    ...environment,
  });
  hubs.push(hub);
  return hub;
}

const insert = (shape: TravisBuildShape = {}): Promise<TravisBuild> => insertTravisBuild(database, shape);

async function send(hub: RunningHub, type: string, body: object): Promise<void> {
  await hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, body));
}

async function play(hub: RunningHub, { buildId, jobId: id }: TravisBuild): Promise<void> {
  await send(hub, 'build:create', { id: buildId });
  await send(hub, 'job:receive', { id });
  await send(hub, 'job:start', { id });
  await send(hub, 'job:finish', { id, state: 'passed' });
}

async function look(...channels: readonly string[]): Promise<LivePage> {
  const page = await LivePage.open(server, channels);
  pages.push(page);
  return page;
}

const deliveries = () =>
  database.query<{ state: string; attempts: number; last_reason: string | null }>(
    `SELECT state, attempts, last_reason FROM hub.deliveries WHERE channel = 'pusher' ORDER BY id`,
  );

async function allTold(count: number): Promise<void> {
  await eventually(async () => {
    const states = (await deliveries()).map(({ state }) => state);
    expect(states).toEqual(Array.from({ length: count }, () => 'delivered'));
  });
}

/** Waits until the first attempt of a delivery has failed and that is written: an attempt counts from when it begins. */
async function failedOnce(nth: number): Promise<void> {
  await eventually(async () =>
    expect((await deliveries())[nth]).toEqual({
      state: 'pending',
      attempts: 1,
      last_reason: expect.any(String) as string,
    }),
  );
}

/** As if the pauses between attempts were over. */
async function tryNow(): Promise<void> {
  await database.query(
    `UPDATE hub.deliveries SET next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
      WHERE state = 'pending' AND (leased_until IS NULL OR leased_until < clock_timestamp() AT TIME ZONE 'UTC')`,
  );
  for (const { app } of hubs) app.get(DeliveryQueue, { strict: false }).nudge();
}

describe('live updates', () => {
  it('show every change to everybody who looks at the repository, in order', async () => {
    const build = await insert();
    const [mine, everybody] = [`private-user-${build.committerId}`, `repo-${build.repositoryId}`];
    const page = await look(mine, everybody);
    const hub = await startHub();
    await play(hub, build);
    await eventually(() => expect(page.statesOf(mine)).toEqual(STORY));
    await eventually(() => expect(page.statesOf(everybody)).toEqual(STORY));
    expect(server.triggered.map(({ channels }) => channels)).toEqual(
      STORY.map(() => [everybody, `private-user-${build.ownerId}`, mine]),
    );
    server.expectNoMistakes();
  });

  it('carry the payloads that the web knows, and tell of a restart as of a creation', async () => {
    const build = await insert();
    const page = await look(`repo-${build.repositoryId}`);
    const hub = await startHub();
    await play(hub, build);
    await send(hub, 'job:restart', { id: build.jobId });
    await allTold(STORY.length + 2);
    await eventually(() => expect(page.shown).toHaveLength(STORY.length + 2));
    expect(page.statesOf(`repo-${build.repositoryId}`).slice(-2)).toEqual([
      'build:created created',
      'job:created created',
    ]);
    const [finished] = page.shown.filter(({ event }) => event === 'build:finished');
    expect(finished?.data).toMatchObject({
      repository: { id: build.repositoryId, slug: 'svenfuchs/minimal', last_build_state: 'passed' },
      commit: { sha: '62aae5f70ceee39123ef' },
      build: { id: build.buildId, number: '2', state: 'passed', job_ids: [build.jobId] },
      stages: [{ name: 'test', state: 'passed' }],
    });
  });

  it.each([
    ['private', {}, true],
    ['kept to its users by PUSHER_SECURE', { PUSHER_SECURE: 'true' }, false],
  ])('of a repository that is %s reach nobody else', async (_what, environment, isPrivate) => {
    const build = await insert();
    await database.query('UPDATE repositories SET private = $2 WHERE id = $1', [build.repositoryId, isPrivate]);
    const hub = await startHub(environment);
    await send(hub, 'build:create', { id: build.buildId });
    await allTold(2);
    expect(server.triggered.flatMap(({ channels }) => channels)).not.toContain(`repo-${build.repositoryId}`);
    expect(server.triggered[0]?.channels).toEqual([
      `private-user-${build.ownerId}`,
      `private-user-${build.committerId}`,
    ]);
  });

  it('go to those who may see the repository when it is told, in requests of at most a hundred channels', async () => {
    const build = await insert();
    const hub = await startHub();
    server.down();
    await send(hub, 'job:receive', { id: build.jobId });
    await failedOnce(0);
    await database.query(
      `WITH more AS (INSERT INTO users (login, created_at, updated_at)
                     SELECT 'user' || n, now(), now() FROM generate_series(1, 200) n RETURNING id)
       INSERT INTO permissions (user_id, repository_id) SELECT id, $1 FROM more`,
      [build.repositoryId],
    );
    await server.up();
    await tryNow();
    await allTold(1);
    expect(server.triggered.map(({ channels }) => channels.length).sort()).toEqual([100, 100, 3]);
    expect(new Set(server.triggered.flatMap(({ channels }) => channels)).size).toBe(203);
  });

  it('that are too large tell the page what to fetch', async () => {
    const build = await insert();
    await database.query('UPDATE commits SET message = $2 WHERE id = $1', [build.commitId, '漢'.repeat(4_000)]);
    const hub = await startHub();
    await send(hub, 'build:create', { id: build.buildId });
    await allTold(2);
    expect(server.triggered.map(({ data }) => data)).toEqual([
      { build: { id: build.buildId }, _no_full_payload: true },
      { id: build.jobId, build_id: build.buildId, _no_full_payload: true },
    ]);
  });

  it('keep their order when the server fails in between: nobody is left with an older state', async () => {
    const build = await insert();
    const page = await look(`repo-${build.repositoryId}`);
    const hub = await startHub();
    await send(hub, 'build:create', { id: build.buildId });
    await allTold(2);
    server.failWith = { status: 503 };
    await send(hub, 'job:receive', { id: build.jobId });
    await failedOnce(2);
    server.failWith = null;
    await send(hub, 'job:start', { id: build.jobId });
    await send(hub, 'job:finish', { id: build.jobId, state: 'passed' });
    await allTold(STORY.length);
    await eventually(() => expect(page.statesOf(`repo-${build.repositoryId}`)).toEqual(STORY));
  });

  it('wait for what is tried again of their repository, and for nothing else', async () => {
    const [stuck, free] = [await insert(), await insert()];
    const hub = await startHub();
    server.failWith = { status: 503 };
    await send(hub, 'job:receive', { id: stuck.jobId });
    await failedOnce(0);
    await database.query(`UPDATE hub.deliveries SET next_attempt_at = next_attempt_at + interval '1 hour'`);
    server.failWith = null;
    await send(hub, 'job:start', { id: stuck.jobId });
    await send(hub, 'job:receive', { id: free.jobId });
    await eventually(async () => {
      expect((await deliveries()).map(({ state, attempts }) => `${state} ${attempts}`)).toEqual([
        'pending 1',
        'pending 0',
        'pending 0',
        'delivered 1',
      ]);
    });
    await tryNow();
    await allTold(4);
    expect(server.triggered.map(({ name, channels }) => `${name} ${channels[0] ?? ''}`)).toEqual([
      `job:received repo-${free.repositoryId}`,
      `job:received repo-${stuck.repositoryId}`,
      `build:started repo-${stuck.repositoryId}`,
      `job:started repo-${stuck.repositoryId}`,
    ]);
  });

  it.each([
    [
      'PUSHER_SECRET',
      { PUSHER_SECRET: 'another-secret-hunter3' },
      '401',
      /check PUSHER_KEY, PUSHER_SECRET and the clock/,
    ],
    ['PUSHER_APP_ID', { PUSHER_APP_ID: '815' }, '404', /check PUSHER_APP_ID, PUSHER_HOST and PUSHER_CLUSTER/],
  ])('say that %s is wrong, without telling it, and wait for it to be mended', async (_name, wrong, code, reason) => {
    const build = await insert();
    const settings = {
      PUSHER_URL: undefined,
      PUSHER_APP_ID: server.app.appId,
      PUSHER_KEY: server.app.key,
      PUSHER_SECRET: server.app.secret,
      PUSHER_HOST: '127.0.0.1',
      PUSHER_PORT: String(server.port),
      PUSHER_SCHEME: 'http',
    };
    const hub = await startHub({ ...settings, ...wrong });
    await send(hub, 'job:receive', { id: build.jobId });
    const row = await eventually(async () => {
      const [first] = await deliveries();
      expect(first).toMatchObject({ state: 'pending', last_reason: expect.stringMatching(reason) });
      return first;
    });
    expect(row?.last_reason).toContain(code);
    const stored = await database.query('SELECT * FROM hub.deliveries');
    expect(JSON.stringify(stored)).not.toMatch(/hunter/);
    await hubs.pop()?.stop();
    await startHub(settings);
    await tryNow();
    await allTold(1);
  });

  it('say what a server has to be changed to when it takes less than Pusher', async () => {
    const build = await insert();
    server.dataLimit = 100;
    const hub = await startHub();
    await send(hub, 'job:receive', { id: build.jobId });
    await eventually(async () => {
      expect(await deliveries()).toMatchObject([
        { state: 'failed', last_reason: expect.stringMatching(/takes no event with \d+ bytes.*413.*10 KiB/) },
      ]);
    });
  });

  it('come once and in order from several replicas', async () => {
    const builds = await Promise.all(Array.from({ length: 6 }, () => insert()));
    const channels = builds.map(({ repositoryId }) => `repo-${repositoryId}`);
    const page = await look(...channels);
    const replicas = [await startHub(), await startHub(), await startHub()];
    await Promise.all(
      builds.map(async ({ buildId, jobId: id }, nth) => {
        const next = (step: number) => replicas[(nth + step) % replicas.length]!;
        await send(next(0), 'build:create', { id: buildId });
        await send(next(1), 'job:receive', { id });
        await send(next(2), 'job:start', { id });
        await send(next(3), 'job:finish', { id, state: 'passed' });
      }),
    );
    await allTold(builds.length * STORY.length);
    for (const channel of channels) await eventually(() => expect(page.statesOf(channel)).toEqual(STORY));
    server.expectNoMistakes();
  });
});

describe('the server that these tests run against', () => {
  it('takes what the official library sends, and refuses it with another secret', async () => {
    const official = (secret: string) =>
      new Pusher({ ...server.app, secret, host: '127.0.0.1', port: String(server.port) });
    const page = await look('repo-1');
    await official(server.app.secret).trigger('repo-1', 'job:started', { state: 'started' });
    await eventually(() => expect(page.statesOf('repo-1')).toEqual(['job:started started']));
    await expect(official('another').trigger('repo-1', 'job:started', {})).rejects.toMatchObject({ status: 401 });
    server.expectNoMistakes();
  });

  it('lets a page listen to a private channel only when the API of the web let it in', async () => {
    await expect(look('private-user-1')).resolves.toBeInstanceOf(LivePage);
    const forged = () => ({ auth: `${server.app.key}:${'0'.repeat(64)}` });
    await expect(LivePage.open(server, ['private-user-1'], forged)).rejects.toThrow('AuthError');
  });
});
