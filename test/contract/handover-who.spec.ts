import { generateKeyPairSync } from 'node:crypto';
import { createTestRedis } from '../support';
import { HandoverScene } from '../support/handover-scene';
import { encryptColumn, secure, type TravisBuild } from '../support/travis-build';

const { publicKey: FOREIGN_KEY } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

describe('who is told by way of other services', () => {
  let scene: HandoverScene;

  beforeAll(async () => {
    scene = await HandoverScene.open({ HUB_WEBHOOK_URLS: 'https://user:hunter2@ops.example.org/hook' });
  });
  afterEach(async () => {
    await scene.queues.clear();
    // Builds of all tests have people with the same addresses.
    await query('DELETE FROM public.emails');
  });
  afterAll(() => scene.close());

  const query = (sql: string, ...params: unknown[]) => scene.hub.database.query(sql, params);
  const insert = (notifications?: unknown, eventType: 'push' | 'pull_request' = 'push') =>
    scene.insert({ eventType, config: notifications === undefined ? {} : { notifications } });
  /** What became of the deliveries of a hand-over for one build. */
  const outcomes = ({ buildId }: TravisBuild, name: string) =>
    scene.hub.rows<{ state: string; last_reason: string | null }>(
      `SELECT d.state, d.last_reason FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id
        WHERE d.channel = $1 AND e.build_id = $2 ORDER BY d.id`,
      `handover-${name}`,
      buildId,
    );

  describe('mail', () => {
    it('goes without any setting to the author and the committer who may see the repository', async () => {
      const build = await insert();
      await query(`UPDATE public.emails SET email = 'SvenFuchs@example.org' WHERE user_id = $1`, build.ownerId);
      await scene.play(build);
      expect(await scene.params('email')).toEqual([
        { recipients: ['SvenFuchs@example.org', 'rkh@example.org'], broadcasts: [] },
      ]);
    });

    it('does not go to whoever unsubscribed or wants none, named or not, and says so when nobody is left', async () => {
      const build = await insert({ email: ['RKH@example.org', 'svenfuchs@example.org', 'else@example.org'] });
      await query(
        'INSERT INTO public.email_unsubscribes (user_id, repository_id) VALUES ($1, $2)',
        build.committerId,
        build.repositoryId,
      );
      // The form that some rows have: a JSON text inside the JSON.
      await query(
        `UPDATE public.users SET preferences = $2 WHERE id = $1`,
        build.ownerId,
        '"{\\"build_emails\\":false}"',
      );
      await scene.play(build);
      expect(await scene.params('email')).toEqual([{ recipients: ['else@example.org'], broadcasts: [] }]);

      const other = await insert();
      await query(`UPDATE public.users SET preferences = '{"build_emails": false}'`);
      await scene.play(other);
      expect(await outcomes(other, 'email')).toEqual([
        { state: 'dropped', last_reason: expect.stringContaining('nobody is left to mail') },
      ]);
    });

    it('carries the announcements for everybody, the repository and its owner', async () => {
      const build = await insert();
      const announce = (
        message: string,
        type: string | null,
        id: number | null,
        expired: boolean | null,
        age: string,
      ) =>
        query(
          `INSERT INTO public.broadcasts (recipient_type, recipient_id, message, category, expired, created_at, updated_at)
           VALUES ($1, $2, $3, 'announcement', $4, now() AT TIME ZONE 'UTC' - $5::interval, now())`,
          type,
          id,
          message,
          expired,
          age,
        );
      await announce('to all', null, null, null, '1 day');
      await announce('to the repository', 'Repository', build.repositoryId, false, '13 days');
      await announce('to the owner', 'User', build.ownerId, null, '1 day');
      await announce('to others', 'User', build.committerId, null, '1 day');
      await announce('expired', null, null, true, '1 day');
      await announce('old', null, null, null, '15 days');
      await scene.play(build);
      const messages = ['to the owner', 'to the repository', 'to all'];
      expect(await scene.params('email')).toEqual([
        expect.objectContaining({ broadcasts: messages.map((message) => ({ message, category: 'announcement' })) }),
      ]);
    });

    it('does not go out when a newer build made this one pointless, but when somebody canceled it', async () => {
      const [auto, manual] = [await insert(), await insert()];
      await scene.send('build:cancel', {
        id: auto.buildId,
        meta: { auto: true, event: 'push', number: '3', branch: 'master', pull_request_number: null },
      });
      await scene.send('build:cancel', { id: manual.buildId, user_id: 1, source: 'api' });
      await scene.allHandedOver();
      expect(await outcomes(auto, 'email')).toEqual([]);
      expect(await scene.queues.jobs('email')).toHaveLength(1);
    });

    it('is not sent to the default instead when its recipients cannot be decrypted', async () => {
      const build = await insert({ email: { recipients: [secure('a@example.org', FOREIGN_KEY)] } });
      await scene.play(build);
      expect(await scene.queues.jobs('email')).toEqual([]);
      expect(await outcomes(build, 'email')).toEqual([
        { state: 'dropped', last_reason: expect.stringContaining('cannot be decrypted') },
      ]);
    });
  });

  describe('a secret target', () => {
    it('that was encrypted for another repository, as in a fork, stays silent beside one that is told', async () => {
      const build = await insert({
        slack: { rooms: [secure('acme:foreign', FOREIGN_KEY), secure('acme:token')], on_success: 'always' },
        irc: secure('irc.example.org#ci', FOREIGN_KEY),
        webhooks: secure('https://hooks.example.org', FOREIGN_KEY),
      });
      await scene.play(build);
      expect(await scene.params('slack')).toEqual([{ targets: ['acme:token'], template: null }]);
      for (const silent of ['irc', 'webhook']) {
        expect(await outcomes(build, silent)).toContainEqual({
          state: 'dropped',
          last_reason: expect.stringContaining('cannot be decrypted'),
        });
      }
      expect(await scene.queues.jobs('irc')).toEqual([]);
      const rows = await scene.hub.rows('SELECT to_jsonb(d) FROM hub.deliveries d');
      expect(JSON.stringify(rows)).not.toMatch(/acme|hooks\.example|hunter2|ops\.example/);
    });
  });

  it("the operator's webhooks are called once, in a task of their own", async () => {
    await scene.play(
      await insert({ webhooks: ['https://a.example.org', 'https://b.example.org, https://c.example.org'] }),
    );
    const operators = 'https://user:hunter2@ops.example.org/hook';
    const told = { token: 'request-token', msteams_payload: null };
    const params = await scene.params('webhook');
    expect(params).toHaveLength(3);
    expect(params).toEqual(
      expect.arrayContaining([
        { targets: ['https://a.example.org'], msteams: {}, ...told },
        { targets: ['https://b.example.org', 'https://c.example.org'], msteams: {}, ...told },
        { targets: [operators], msteams: { [operators]: false }, ...told },
      ]),
    );
  });

  it('of pull requests only some services are told', async () => {
    const all = {
      ...{ email: 'a@example.org', irc: 'a#b', campfire: 'a', flowdock: 'a', pushover: { users: 'a', api_key: 'b' } },
      ...{
        slack: [{ rooms: 'acme:a' }, { rooms: 'acme:b', on_pull_requests: false }],
        hipchat: 'a',
        webhooks: 'https://a',
      },
    };
    const build = await insert(all, 'pull_request');
    await scene.play(build, 'failed');
    for (const silent of ['email', 'irc', 'campfire', 'flowdock', 'pushover']) {
      expect(await outcomes(build, silent)).toEqual([]);
    }
    expect(await scene.params('slack')).toEqual([{ targets: ['acme:a'], template: null }]);
    expect(await scene.params('hipchat')).toEqual([{ targets: ['a'], template: null, format: null }]);
    const [webhook] = await scene.queues.jobs('webhook');
    expect(webhook?.args[3]).toMatchObject({
      pull_request: { number: 7, title: 'Mend it', head_ref: 'patch-1' },
      build: { pull_request: true, pull_request_number: 7, type: 'pull_request' },
    });
  });

  it('a change is a change only against the build before', async () => {
    const quiet = { email: 'a@example.org', slack: { rooms: 'acme:a', on_success: 'never' } };
    const build = await insert(quiet);
    await query(`UPDATE public.builds SET previous_state = 'passed' WHERE id = $1`, build.buildId);
    await scene.play(build);
    expect(await scene.queues.jobs('slack')).toEqual([]);
    expect(await scene.queues.jobs('email')).toEqual([]);
  });

  describe('GitHub', () => {
    async function install(build: TravisBuild): Promise<void> {
      await query(
        `INSERT INTO public.installations (github_id, owner_type, owner_id, created_at, updated_at)
         VALUES ($1, 'User', $2, now(), now())`,
        build.ownerId + 1_000,
        build.ownerId,
      );
      await query(
        'UPDATE public.repositories SET managed_by_installation_at = now() WHERE id = $1',
        build.repositoryId,
      );
    }

    it('is told by check runs instead of statuses about a repository that the app manages', async () => {
      const build = await insert();
      await install(build);
      await scene.play(build);
      expect(await scene.queues.jobs('github_status')).toEqual([]);
      expect((await outcomes(build, 'github-status'))[0]).toEqual({
        state: 'dropped',
        last_reason: expect.stringContaining('check runs'),
      });
      const jobs = await scene.queues.jobs('github_check_status');
      expect(jobs).toHaveLength(3);
      expect(jobs[0]?.args.filter((_arg, index) => index !== 3)).toEqual([
        null,
        'Travis::Addons::GithubCheckStatus::Task',
        'perform',
        { installation: build.ownerId + 1_000 },
      ]);
    });

    it.each(['repositories', 'users', 'all'] as const)(
      'is told by both where the installation says so for %s',
      async (who) => {
        const build = await insert();
        await install(build);
        const id = who === 'users' ? build.ownerId : build.repositoryId;
        if (who === 'all') await scene.queues.switchOnForAll('use_commit_status');
        else await scene.queues.switchOn('use_commit_status', who, id);
        await scene.play(build);
        expect(await scene.queues.jobs('github_check_status')).toHaveLength(3);
        expect(await scene.params('github_status')).toContainEqual(
          expect.objectContaining({ installation: build.ownerId + 1_000 }),
        );
      },
    );

    it('is not told when neither a token nor the app is there', async () => {
      const build = await insert();
      await query('DELETE FROM public.permissions WHERE repository_id = $1', build.repositoryId);
      await query('DELETE FROM public.emails');
      await scene.play(build);
      expect(await outcomes(build, 'github-checks')).toContainEqual(expect.objectContaining({ state: 'dropped' }));
      expect(await outcomes(build, 'github-status')).toContainEqual({
        state: 'dropped',
        last_reason: expect.stringContaining('no user of the repository'),
      });
    });

    it('is told with the tokens that can be read, and null for the others', async () => {
      const build = await insert();
      await query(`UPDATE public.users SET github_oauth_token = '--ENCR--Zm9v' WHERE id = $1`, build.committerId);
      await query(
        'UPDATE public.users SET github_oauth_token = $2 WHERE id = $1',
        build.ownerId,
        encryptColumn('tökén'),
      );
      await scene.play(build);
      expect((await scene.params('github_status'))[0]).toEqual({
        tokens: { rkh: null, svenfuchs: 'tökén' },
        installation: null,
      });
    });
  });

  it('what starts over is told as created, and what is canceled to insights as finished', async () => {
    const build = await insert();
    await scene.play(build, 'failed');
    await scene.queues.clear();
    await scene.send('job:restart', { id: build.jobId });
    await scene.allHandedOver();
    const events = async (queue: string, event: (args: readonly unknown[]) => unknown) =>
      (await scene.queues.jobs(queue)).map(({ args }) => event(args)).sort();
    expect(await events('scheduler', (args) => args[1])).toEqual(['job:created']);
    const live = (args: readonly unknown[]) => (args[4] as { event: string }).event;
    expect(await events('pusher-live', live)).toEqual(['build:created', 'job:created']);
    const insights = (args: readonly unknown[]) => (args[1] as { event: string }).event;
    expect(await events('insights', insights)).toEqual(['build:created', 'job:created']);
    const [restarted] = await scene.hub.rows<{ at: string }>(
      `SELECT restarted_at || 'Z' AS at FROM public.jobs WHERE id = ${build.jobId}`,
    );
    const counted = (await scene.queues.jobs('insights')).map(({ args }) => (args[1] as { data: object }).data);
    expect(counted).toContainEqual(
      expect.objectContaining({
        type: 'Job',
        state: 'created',
        created_at: new Date(restarted!.at).toISOString(),
        started_at: null,
      }),
    );

    await scene.queues.clear();
    await scene.send('job:cancel', { id: build.jobId });
    await scene.allHandedOver();
    expect(await events('scheduler', (args) => args[1])).toEqual(['job:canceled']);
    expect(await events('insights', insights)).toEqual(['build:finished', 'job:finished']);
    const [used] = await scene.queues.jobs('billing');
    expect(used?.args[3]).toMatchObject({ job: { finished: true, instance_size: 'large' } });
  });
});

describe('an installation that is set up otherwise', () => {
  it('has a Redis for insights alone', async () => {
    const own = await createTestRedis();
    const scene = await HandoverScene.open({ INSIGHTS_REDIS_URL: own.url });
    await scene.play(await scene.insert());
    const elsewhere = await scene.queues.filled();
    const [listed, jobs] = [await own.client.sMembers('queues'), await own.client.lLen('queue:insights')];
    await scene.close();
    await own.drop();

    expect(elsewhere).toContain('billing');
    expect(elsewhere).not.toContain('insights');
    expect([listed, jobs]).toEqual([['insights'], 6]);
  });

  it('has one queue for all tasks, names of its own, and secrets that stay closed without their key', async () => {
    const scene = await HandoverScene.open({
      TASKS_SIDEKIQ_QUEUE: 'tasks',
      SCHEDULER_SIDEKIQ_QUEUE: 'tasks',
      INSIGHTS_SIDEKIQ_QUEUE: 'tasks',
      ENCRYPTION_KEY: '',
      HUB_CHANNELS: 'pusher=off,billing=off,logsearch=off,intercom=off',
    });
    const notifications = { slack: secure('acme:token'), irc: 'a#b' };
    await scene.play(await scene.insert({ config: { notifications } }));
    const filled = await scene.queues.filled();
    const scheduled = await scene.queues.scheduled();
    const classes = new Set((await scene.queues.jobs('tasks')).map(({ envelope }) => envelope.class));
    const [slack, status] = [await scene.deliveries('slack'), await scene.deliveries('github-status')];
    await scene.close();

    expect(filled).toEqual(['tasks']);
    expect(scheduled).toEqual([]);
    expect([...classes].sort()).toEqual([
      'Travis::Insights::Worker',
      'Travis::Scheduler::Worker',
      'Travis::Tasks::Worker',
    ]);
    expect(slack).toEqual([{ state: 'dropped', reason: expect.stringContaining('ENCRYPTION_KEY') }]);
    expect(status[0]).toEqual({ state: 'failed', reason: expect.stringContaining('set ENCRYPTION_KEY') });
  });
});
