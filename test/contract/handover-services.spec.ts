import { AddressedServices } from '../support/addressed-services';
import { FINISHED, HandoverScene, STARTED } from '../support/handover-scene';
import { TestMemcached } from '../support/memcached';
import type { TravisBuild } from '../support/travis-build';

const OFF = [
  'scheduler',
  'pusher',
  'insights',
  'billing',
  'logsearch',
  'webhook',
  'email',
  'github-status',
  'intercom',
];
const CHANNELS = OFF.map((name) => `${name}=off`).join(',');

describe('what services at addresses of their own are told (wire.md §5.5)', () => {
  let scene: HandoverScene;
  let services: AddressedServices;
  let memcached: TestMemcached;

  beforeAll(async () => {
    services = new AddressedServices();
    await services.up();
    memcached = await TestMemcached.start();
    scene = await HandoverScene.open({
      HUB_CHANNELS: CHANNELS,
      STATES_CACHE_MEMCACHED_SERVERS: memcached.address,
      ...services.environment,
    });
  });
  afterEach(() => {
    services.expectNoMistakes();
    services.calls.length = 0;
  });
  afterAll(async () => {
    await scene.close();
    await memcached.down();
    await services.close();
  });

  /** The whole life of a job, its build's end included. */
  const finish = (build: TravisBuild, report: object) =>
    scene.send('job:finish', { id: build.jobId, started_at: STARTED, finished_at: FINISHED, ...report });
  const setConfig = (build: TravisBuild, config: object) =>
    scene.hub.database.query(
      'UPDATE job_configs SET config = $2 WHERE id = (SELECT config_id FROM jobs WHERE id = $1)',
      [build.jobId, JSON.stringify(config)],
    );

  describe('the states cache', () => {
    const cached = async ({ repositoryId: id }: TravisBuild) => ({
      repository: await memcached.get(`state:${id}`),
      branch: await memcached.get(`state:${id}-master`),
    });

    it('gets the result of a build for its repository and for its branch', async () => {
      const build = await scene.insert();
      await scene.play(build, 'failed');
      const text = `{"id":${build.buildId},"state":"failed"}`;
      expect(await cached(build)).toEqual({ repository: text, branch: text });
    });

    it('gets the result of a build that ends once more', async () => {
      const build = await scene.insert();
      await scene.play(build, 'failed');
      await scene.send('job:restart', { id: build.jobId });
      await scene.play(build, 'passed');
      expect((await cached(build)).branch).toBe(`{"id":${build.buildId},"state":"passed"}`);
    });

    it('keeps what it knows of a newer build, and loses it to a newer one still, whoever wrote it', async () => {
      const build = await scene.insert();
      const ruby = (id: number) => {
        const text = `{"id":${id},"state":"errored"}`;
        return Buffer.from(`\x04\bI"${String.fromCharCode(text.length + 5)}${text}\x06:\x06ET`, 'latin1');
      };
      const key = `state:${build.repositoryId}`;
      await memcached.set(key, ruby(build.buildId - 1), 1);
      await memcached.set(`${key}-master`, Buffer.from(`{"id":${build.buildId + 1},"state":"errored"}`));
      await scene.play(build);
      expect(await cached(build)).toEqual({
        repository: `{"id":${build.buildId},"state":"passed"}`,
        branch: `{"id":${build.buildId + 1},"state":"errored"}`,
      });
    });

    it('hears nothing of pull requests', async () => {
      const build = await scene.insert({ eventType: 'pull_request' });
      await scene.play(build);
      expect(await cached(build)).toEqual({ repository: null, branch: null });
    });

    it('gets the result for the repository alone when the branch has a name that is no key', async () => {
      const build = await scene.insert();
      await scene.hub.database.query(`UPDATE commits SET branch = 'two words' WHERE id = $1`, [build.commitId]);
      await scene.play(build);
      expect((await cached(build)).repository).toBe(`{"id":${build.buildId},"state":"passed"}`);
    });

    it('is told again when it was away, and nothing that was overtaken meanwhile', async () => {
      const build = await scene.insert();
      await memcached.down();
      await scene.send('job:finish', { id: build.jobId, state: 'failed' });
      await scene.eachTried('states-cache', 1);
      await scene.send('job:restart', { id: build.jobId });
      await scene.send('job:finish', { id: build.jobId, state: 'passed' });
      expect(await scene.whyNot('states-cache', /superseded/)).toBeTruthy();
      await memcached.up();
      await scene.allHandedOver();
      expect((await cached(build)).repository).toBe(`{"id":${build.buildId},"state":"passed"}`);
      const rows = (await scene.deliveries('states-cache')).slice(-2);
      expect(rows).toEqual([
        { state: 'dropped', reason: expect.stringContaining('superseded') },
        { state: 'delivered', reason: null },
      ]);
    });
  });

  describe('the trace processor', () => {
    it('is told of a job that was run with a trace', async () => {
      const build = await scene.insert();
      await finish(build, { state: 'failed', trace: true });
      await scene.allHandedOver();
      expect(services.told('trace')).toEqual([
        {
          path: '/trace?source=hub',
          body: {
            job_id: build.jobId,
            repo_slug: 'svenfuchs/minimal',
            owner: 'svenfuchs',
            queue: 'builds.gce',
            state: 'failed',
          },
        },
      ]);
    });

    it('is told of a run that its worker ended as canceled, and not of jobs that are canceled because of it', async () => {
      const build = await scene.insert();
      const other = await scene.addStage(build);
      await finish(build, { state: 'cancelled', trace: true });
      await scene.allHandedOver();
      expect(await scene.hub.rows(`SELECT state FROM jobs WHERE id = ${other}`)).toEqual([{ state: 'canceled' }]);
      expect(services.told('trace').map(({ body }) => body)).toEqual([
        expect.objectContaining({ job_id: build.jobId, state: 'canceled' }),
      ]);
    });

    it('is told of no other job', async () => {
      const build = await scene.insert();
      await scene.send('job:start', { id: build.jobId, trace: true });
      await finish(build, { state: 'passed' });
      const canceled = await scene.insert();
      await scene.send('job:cancel', { id: canceled.jobId, trace: true });
      await scene.allHandedOver();
      expect(services.told('trace')).toEqual([]);
    });
  });

  describe('the artifact manager', () => {
    const IMAGE = { vm: { create: { name: 'my image/1' } } };

    it.each([
      ['failed', 'job error'],
      ['errored', 'job error'],
      ['cancelled', 'job cancel'],
    ])('is told when the image of a job that %s did not come about', async (state, reason) => {
      const build = await scene.insert();
      await setConfig(build, IMAGE);
      await finish(build, { state });
      await scene.allHandedOver();
      expect(services.told('image')).toEqual([
        {
          path: `/image/user/${build.ownerId}/my%20image%2F1`,
          user: String(build.committerId),
          body: { state: 'error', reason },
        },
      ]);
    });

    it('is told when somebody cancels the job', async () => {
      const build = await scene.insert();
      await setConfig(build, IMAGE);
      await scene.send('job:cancel', { id: build.jobId });
      await scene.allHandedOver();
      expect(services.told('image').map(({ body }) => body)).toEqual([{ state: 'error', reason: 'job cancel' }]);
    });

    it('is told nothing when it did come about, or when none was to be made', async () => {
      const passed = await scene.insert();
      await setConfig(passed, IMAGE);
      await finish(passed, { state: 'passed' });
      await finish(await scene.insert(), { state: 'failed' });
      await scene.allHandedOver();
      expect(services.told('image')).toEqual([]);
    });
  });

  it('merge is told of whatever happens to a repository that has moved, and of nothing else', async () => {
    await scene.play(await scene.insert());
    expect(services.told('merge')).toEqual([]);

    const build = await scene.insert();
    await scene.hub.database.query('UPDATE repositories SET migrated_at = now() WHERE id = $1', [build.repositoryId]);
    await scene.play(build);
    await scene.send('job:restart', { id: build.jobId });
    await scene.allHandedOver();
    const told = (type: 'build' | 'job', id: number, event: string) => ({
      path: `/merge/${type}/${id}/import`,
      body: { event: `${type}:${event}`, src: 'hub' },
    });
    const { buildId, jobId } = build;
    expect(services.told('merge')).toHaveLength(9);
    expect(services.told('merge')).toEqual(
      expect.arrayContaining([
        ...['created', 'created', 'started', 'finished'].map((event) => told('build', buildId, event)),
        ...['created', 'created', 'received', 'started', 'finished'].map((event) => told('job', jobId, event)),
      ]),
    );
  });

  it('Keen counts how long a job took', async () => {
    const build = await scene.insert();
    await scene.play(build);
    expect(services.told('keen')).toEqual([
      {
        path: '/keen/3.0/projects/5f3a0c0c2ab9/events',
        body: {
          jobs: [
            {
              repository: { id: build.repositoryId, slug: 'svenfuchs/minimal', private: false },
              owner: { type: 'User', id: build.ownerId, login: 'svenfuchs' },
              build: { id: build.buildId, type: 'push', number: '2', branch: 'master' },
              job: {
                id: build.jobId,
                number: '2.1',
                state: 'passed',
                queue: 'builds.gce',
                wait_time: 4799.75,
                queue_time: 30,
                boot_time: 35,
                run_time: 60,
              },
            },
          ],
        },
      },
    ]);
  });

  it('a service that is away is told later, and one that does not know us says what to correct', async () => {
    const build = await scene.insert();
    services.failWith = { status: 503 };
    await finish(build, { state: 'passed', trace: true });
    await scene.eachTried('trace-processor', 1);
    services.failWith = { status: 401 };
    expect(await scene.whyNot('keen', /does not accept/)).toBe(
      'the service keen answered with status 401: it does not accept the credentials: correct KEEN_WRITE_KEY.',
    );
    services.failWith = null;
    await scene.allHandedOver();
    expect(services.told('trace').length).toBeGreaterThan(1);
    const shown = await scene.hub.rows('SELECT target, last_reason, history FROM hub.deliveries');
    for (const secret of Object.values(services.environment).flatMap(
      (text) => text.match(/[\w-]*(key|token|a%20pass)\b.*/g) ?? [],
    )) {
      expect(JSON.stringify(shown)).not.toContain(secret);
    }
  });
});
