import type { ApiApp } from '../integration/api-app';
import { FINISHED, HandoverScene, STARTED } from '../support/handover-scene';
import type { QueuedJob, SidekiqQueues } from '../support/sidekiq-queues';
import { PUBLIC_KEY, secure, type TravisBuild } from '../support/travis-build';

const NOTIFICATIONS = {
  email: { recipients: ['a@example.org', secure('b@example.org')], on_success: 'always' },
  webhooks: { urls: ['https://hooks.example.org/1', { url: 'https://teams.example.org', msteams: true }] },
  irc: { channels: 'irc.example.org#ci, irc.example.org#dev', template: ['%{message}'] },
  slack: [{ rooms: [secure('acme:token#ci')], template: 'done' }, 'acme:token#dev'],
  campfire: { rooms: 'acme:token@1' },
  hipchat: { rooms: 'token@room', format: 'html' },
  flowdock: 'token',
  pushover: { users: 'me', api_key: [secure('key')], template: ['a', 'b'] },
};
const COMMIT = {
  sha: '62aae5f70ceee39123ef',
  branch: 'master',
  message: 'the commit message',
  committed_at: '2014-04-03T09:22:05Z',
  author_name: 'Sven Fuchs',
  author_email: 'svenfuchs@example.org',
  committer_name: 'Konstantin Haase',
  committer_email: 'rkh@example.org',
  compare_url: 'https://github.com/svenfuchs/minimal/compare/a...b',
};

describe('what other services of a Travis installation are handed', () => {
  let scene: HandoverScene;
  let queues: SidekiqQueues;
  let hub: ApiApp;
  let build: TravisBuild;

  /** When an event of the build happened, by name. */
  async function timeOf(name: string): Promise<string> {
    const [row] = await hub.database.query<{ at: Date }>(
      'SELECT at FROM hub.events WHERE name = $1 AND build_id = $2',
      [name, build.buildId],
    );
    return row!.at.toISOString();
  }

  const find = (jobs: readonly QueuedJob[], text: string): QueuedJob => {
    const found = jobs.filter((job) => job.text.includes(text));
    expect(found).toHaveLength(1);
    return found[0]!;
  };

  beforeAll(async () => {
    scene = await HandoverScene.open();
    ({ hub, queues } = scene);
    build = await scene.insert({ config: { notifications: NOTIFICATIONS } });
    await scene.play(build);
  });
  afterAll(() => scene.close());

  it('goes to every queue by default, since the database is that of a Travis installation', async () => {
    const all = [
      ...['billing', 'campfire', 'email', 'flowdock', 'github_status', 'hipchat', 'insights', 'intercom', 'irc'],
      ...['pusher-live', 'pushover', 'scheduler', 'slack', 'webhook'],
    ];
    expect(await queues.filled()).toEqual(all);
    expect(await queues.listed()).toEqual(all);
    const names = await hub.rows<{ channel: string }>(
      `SELECT DISTINCT channel FROM hub.deliveries WHERE channel NOT LIKE 'handover-%'`,
    );
    expect(names).toEqual([]);
  });

  it('is for the scheduler which job was created or ended, encoded twice', async () => {
    const jobs = await queues.jobs('scheduler');
    const { jobId: id } = build;
    expect(jobs.map(({ args }) => args)).toEqual([
      ['event', 'job:created', { id }],
      ['event', 'job:finished', { id }],
    ]);
    expect(jobs[1]?.text).toContain(`"args":["\\"event\\"","\\"job:finished\\"","{\\"id\\":${id}}"]`);
    expect(jobs[1]?.envelope).toEqual({
      retry: true,
      queue: 'scheduler',
      class: 'Travis::Scheduler::Worker',
      jid: expect.stringMatching(/^[0-9a-f]{24}$/),
      created_at: Date.parse(await timeOf('job:finished')) / 1000,
      enqueued_at: expect.any(Number),
    });
    const { created_at: created, enqueued_at: enqueued } = jobs[1]?.envelope as Record<string, number>;
    expect(enqueued).toBeGreaterThanOrEqual(created!);
    expect(enqueued! - created!).toBeLessThan(60);
  });

  it('is a job of its own for each delivery', async () => {
    const ids = (await Promise.all((await queues.filled()).map((queue) => queues.jobs(queue)))).flat();
    expect(new Set(ids.map(({ envelope }) => envelope.jid)).size).toBe(ids.length);
  });

  describe('for live updates', () => {
    it('is every event, in order, for the users who may see it', async () => {
      const jobs = await queues.jobs('pusher-live');
      expect(jobs.map(({ args }) => args[4])).toEqual(
        [
          'build:created',
          'job:created',
          'job:received',
          'build:started',
          'job:started',
          'build:finished',
          'job:finished',
        ].map((event) => ({ event, user_ids: [build.ownerId, build.committerId] })),
      );
      for (const job of jobs) {
        expect(job.envelope).toMatchObject({ queue: 'pusher-live', class: 'Travis::Async::Sidekiq::Worker' });
        expect(job.args.slice(0, 3)).toEqual([null, 'Travis::Addons::Pusher::Task', 'perform']);
      }
    });

    it('is a job with all of its keys', async () => {
      const job = find(await queues.jobs('pusher-live'), 'job:finished');
      expect(job.args[3]).toEqual({
        id: build.jobId,
        repository_id: build.repositoryId,
        repository_slug: 'svenfuchs/minimal',
        repository_private: false,
        build_id: build.buildId,
        commit_id: build.commitId,
        number: '2.1',
        state: 'passed',
        started_at: STARTED,
        finished_at: FINISHED,
        queue: 'builds.gce',
        allow_failure: false,
        updated_at: await timeOf('job:finished'),
        commit: { id: build.commitId, ...COMMIT },
        stage: {
          id: build.stageId,
          build_id: build.buildId,
          number: 1,
          name: 'test',
          state: 'passed',
          started_at: STARTED,
          finished_at: FINISHED,
        },
      });
    });

    it('is a build with all of its keys', async () => {
      const job = find(await queues.jobs('pusher-live'), 'build:finished');
      const { sha, ...commit } = COMMIT;
      expect(job.args[3]).toEqual({
        repository: {
          id: build.repositoryId,
          slug: 'svenfuchs/minimal',
          description: 'a minimal repository',
          private: false,
          last_build_id: build.buildId,
          last_build_number: '2',
          last_build_state: 'passed',
          last_build_duration: 60,
          last_build_language: null,
          last_build_started_at: STARTED,
          last_build_finished_at: FINISHED,
          github_language: 'Ruby',
          default_branch: { name: 'master', last_build_id: build.buildId },
          active: true,
          current_build_id: build.buildId,
        },
        commit: { id: build.commitId, ...COMMIT },
        build: {
          id: build.buildId,
          repository_id: build.repositoryId,
          commit_id: build.commitId,
          number: '2',
          pull_request: false,
          pull_request_title: null,
          pull_request_number: null,
          state: 'passed',
          started_at: STARTED,
          finished_at: FINISHED,
          duration: 60,
          job_ids: [build.jobId],
          event_type: 'push',
          updated_at: await timeOf('build:finished'),
          commit: sha,
          ...commit,
          created_by: {
            id: build.committerId,
            name: 'Konstantin Haase',
            login: 'rkh',
            avatar_url: 'https://avatars.example.org/rkh',
          },
        },
        stages: [
          {
            id: build.stageId,
            build_id: build.buildId,
            number: 1,
            name: 'test',
            state: 'passed',
            started_at: STARTED,
            finished_at: FINISHED,
          },
        ],
      });
    });

    it('has no last build yet when the first one is created', async () => {
      const job = find(await queues.jobs('pusher-live'), 'build:created');
      expect(job.args[3]).toMatchObject({ repository: { last_build_id: null, last_build_state: '' } });
    });
  });

  it('is for insights what happened to builds and jobs, and stays out of its dead set', async () => {
    const jobs = await queues.jobs('insights');
    expect(jobs.map(({ args }) => (args[1] as { event: string }).event).sort()).toEqual([
      'build:created',
      'build:finished',
      'build:started',
      'job:created',
      'job:finished',
      'job:started',
    ]);
    const common = { owner_type: 'User', owner_id: build.ownerId, repository_id: build.repositoryId };
    const times = {
      created_at: '2014-04-03T09:00:00.250Z',
      started_at: '2014-04-03T10:21:05.000Z',
      finished_at: '2014-04-03T10:22:05.000Z',
    };
    const job = find(jobs, 'job:finished');
    expect(job.envelope).toMatchObject({ class: 'Travis::Insights::Worker', dead: false, retry: true });
    expect(job.args).toEqual([
      'event',
      {
        event: 'job:finished',
        data: { type: 'Job', id: build.jobId, ...common, private: true, state: 'passed', ...times },
      },
    ]);
    expect(find(jobs, 'build:finished').args[1]).toEqual({
      event: 'build:finished',
      data: { type: 'Build', id: build.buildId, ...common, private: false, state: 'passed', ...times },
    });
  });

  it('is for billing what a job used', async () => {
    const jobs = await queues.jobs('billing');
    expect(jobs.map(({ args }) => (args[3] as { job: { finished: boolean } }).job.finished).sort()).toEqual([
      false,
      true,
    ]);
    const job = find(jobs, '\\"finished\\":true');
    expect(job.envelope).toMatchObject({ queue: 'billing', class: 'Travis::Billing::Worker' });
    expect(job.args).toEqual([
      null,
      'Travis::Billing::Services::UsageTracker',
      'perform',
      {
        job: {
          id: build.jobId,
          os: 'osx',
          instance_size: 'm6g.xlarge',
          arch: 'amd64',
          started_at: '2014-04-03T10:21:05.000Z',
          finished_at: '2014-04-03T10:22:05.000Z',
          virt_type: 'vm',
          queue: 'builds.gce',
          vm_size: 'large',
          finished: true,
        },
        repository: { id: build.repositoryId, slug: 'svenfuchs/minimal', private: false },
        owner: { type: 'User', id: build.ownerId, login: 'svenfuchs' },
        build: {
          id: build.buildId,
          type: 'push',
          number: '2',
          branch: 'master',
          sender: { id: build.committerId, type: 'User' },
        },
      },
    ]);
  });

  it('is for logsearch scheduled, and not enqueued yet', async () => {
    const job = find(await queues.scheduled(), `"args":["${build.jobId}"]`);
    expect(job.args).toEqual([build.jobId]);
    const created = Date.parse(await timeOf('job:finished'));
    expect(job.envelope).toEqual({
      retry: true,
      queue: 'logsearch',
      class: 'Travis::LogSearch::Worker',
      jid: expect.any(String),
      created_at: created / 1000,
    });
    const { at } = (await queues.scheduled()).find(({ text }) => text === job.text)!;
    expect(at - created).toBeGreaterThanOrEqual(60_000);
    expect(at - created).toBeLessThan(90_000);
  });

  describe('for travis-tasks', () => {
    const payloadOf = (job: QueuedJob | undefined): unknown => job?.args[3];

    it('is the same payload whatever is to be told', async () => {
      const expected = {
        repository: {
          id: build.repositoryId,
          github_id: 549_743,
          vcs_id: '549743',
          vcs_type: 'GithubRepository',
          key: PUBLIC_KEY,
          slug: 'svenfuchs/minimal',
          vcs_slug: 'svenfuchs/minimal',
          name: 'minimal',
          owner_name: 'svenfuchs',
          owner_email: 'sven@example.org',
          owner_avatar_url: 'https://avatars.example.org/svenfuchs',
          url: 'https://github.com/svenfuchs/minimal',
        },
        owner: { id: build.ownerId, type: 'User', login: 'svenfuchs' },
        request: { token: 'request-token', head_commit: 'head1', base_commit: 'base1' },
        pull_request: null,
        tag: null,
        commit: { id: build.commitId, ...COMMIT },
        build: {
          id: build.buildId,
          repository_id: build.repositoryId,
          commit_id: build.commitId,
          number: '2',
          pull_request: false,
          pull_request_number: null,
          config: { notifications: NOTIFICATIONS },
          state: 'passed',
          previous_state: 'failed',
          started_at: STARTED,
          finished_at: FINISHED,
          duration: 60,
          job_ids: [build.jobId],
          type: 'push',
        },
        jobs: [
          {
            id: build.jobId,
            number: '2.1',
            state: 'passed',
            config: { os: 'osx', virt: 'vm', vm: { size: 'large' }, env: ['A=b', '[secure]'] },
            tags: 'fast',
            allow_failure: false,
            started_at: STARTED,
            finished_at: FINISHED,
            duration: 60,
            stage: { number: 1, name: 'test', state: 'passed', started_at: STARTED, finished_at: FINISHED },
          },
        ],
      };
      for (const queue of ['email', 'webhook', 'irc', 'slack', 'campfire', 'hipchat', 'flowdock', 'pushover']) {
        const [job] = await queues.jobs(queue);
        expect(job?.envelope).toMatchObject({ queue, class: 'Travis::Tasks::Worker', retry: true });
        expect(payloadOf(job)).toEqual(expected);
      }
      expect(payloadOf((await queues.jobs('github_status')).at(-1))).toEqual(expected);
    });

    it.each<[string, string, readonly object[]]>([
      ['email', 'Email', [{ recipients: ['a@example.org', 'b@example.org'], broadcasts: [] }]],
      ['irc', 'Irc', [{ channels: ['irc.example.org#ci', 'irc.example.org#dev'], template: ['%{message}'] }]],
      [
        'slack',
        'Slack',
        [
          { targets: ['acme:token#ci'], template: 'done' },
          { targets: ['acme:token#dev'], template: null },
        ],
      ],
      ['campfire', 'Campfire', [{ targets: ['acme:token@1'], template: null }]],
      ['hipchat', 'Hipchat', [{ targets: ['token@room'], template: null, format: ['html'] }]],
      ['flowdock', 'Flowdock', [{ targets: ['token'] }]],
      ['pushover', 'Pushover', [{ users: ['me'], api_key: 'key', template: 'a\nb' }]],
    ])('is for %s whom to tell, decrypted', async (queue, constant, params) => {
      const jobs = await queues.jobs(queue);
      for (const { args } of jobs) {
        expect(args.slice(0, 3)).toEqual([null, `Travis::Addons::${constant}::Task`, 'perform']);
      }
      expect(jobs.map(({ args }) => args[4])).toEqual(expect.arrayContaining(params));
      expect(jobs).toHaveLength(params.length);
    });

    it('is for webhooks the urls, and the card of those that are Microsoft Teams', async () => {
      const [job, ...others] = await queues.jobs('webhook');
      expect(others).toEqual([]);
      expect(job?.args[1]).toBe('Travis::Addons::Webhook::Task');
      expect(job?.args[4]).toEqual({
        targets: ['https://hooks.example.org/1', 'https://teams.example.org'],
        token: 'request-token',
        msteams: { 'https://hooks.example.org/1': false, 'https://teams.example.org': true },
        msteams_payload: expect.objectContaining({ type: 'message', attachments: [expect.anything()] }),
      });
    });

    it('is for commit statuses the tokens of those who may push, the committer first', async () => {
      const jobs = await queues.jobs('github_status');
      expect(jobs.map(({ args }) => (args[3] as { build: { state: string } }).build.state)).toEqual([
        'created',
        'started',
        'passed',
      ]);
      for (const { args } of jobs) {
        expect(args[1]).toBe('Travis::Addons::GithubStatus::Task');
        expect(JSON.stringify(args[4])).toBe(
          '{"tokens":{"rkh":"rkh-token","svenfuchs":"svenfuchs-token"},"installation":null}',
        );
      }
    });

    it('is for Intercom when a user built last', async () => {
      const jobs = await queues.jobs('intercom');
      const params = (at: string) => ({ event: 'report_build', owner_id: String(build.ownerId), last_build_at: at });
      expect(jobs.map(({ args }) => args)).toEqual([
        [null, 'Travis::Addons::Intercom::Task', 'perform', {}, params(await timeOf('build:created'))],
        [null, 'Travis::Addons::Intercom::Task', 'perform', {}, params(await timeOf('build:started'))],
      ]);
    });
  });
});
