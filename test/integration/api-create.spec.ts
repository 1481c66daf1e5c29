import { buildBody, startApiApp, type ApiApp } from './api-app';

interface Created {
  id: number;
  number: string;
  previous_state: string | null;
  repository: { id: number };
  stages: { id: number; number: number; name: string | null; state: string }[];
  jobs: { id: number; number: string; stage_id: number | null; stage_number: string | null; state: string }[];
}

describe('POST /api/builds', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const create = async (changes: object = {}): Promise<Created> => {
    const answer = await hub.post('/api/builds', buildBody(changes));
    expect(answer.body).toHaveProperty('number');
    expect(answer.status).toBe(201);
    return answer.body as Created;
  };

  const named = (name: string) => ({ owner_name: 'octo', name });

  it('answers 201 with the address and the build as GET shows it', async () => {
    const answer = await hub.post('/api/builds', buildBody({ repository: named('answers') }));
    expect(answer.status).toBe(201);
    const { id } = answer.body as Created;
    expect(answer.headers.location).toBe(`/api/builds/${id}`);
    const shown = await hub.get(`/api/builds/${id}`);
    expect(shown.body).toEqual(answer.body);
    expect(answer.body).toMatchObject({ number: '1', state: 'created', previous_state: null, event_type: 'push' });
  });

  it('writes every row that belongs to a build', async () => {
    const build = await create({
      repository: {
        ...named('rows'),
        owner_type: 'Organization',
        github_id: 4711,
        private: true,
        default_branch: 'main',
      },
      commit: {
        sha: '62aae5f70cee',
        message: 'Mend',
        author_name: 'Ada',
        author_email: 'ada@example.org',
        committed_at: '2021-01-10T06:36:12+01:00',
        compare_url: 'https://example.org/compare',
      },
      sender: { login: 'ada' },
      config: { language: 'ruby', notifications: { webhooks: 'https://example.org/hook' } },
      jobs: [
        { config: { rvm: '3.3' }, queue: 'builds.linux' },
        { config: { rvm: 'head' }, allow_failure: true },
      ],
    });
    const [row] = await hub.rows<Record<string, unknown>>(
      `SELECT b.state, b.number, b.unique_number, b.private, b.owner_type, b.branch, b.event_type,
              o.login AS owner, s.login AS sender, r.github_id, r.vcs_id, r.next_build_number, r.active,
              n.name AS branch_row, n.last_build_id = b.id AS branch_points_here,
              c.commit, c.ref, c.message, c.committed_at, q.head_commit, q.state AS request_state, bc.config
         FROM builds b JOIN repositories r ON r.id = b.repository_id JOIN organizations o ON o.id = b.owner_id
         JOIN users s ON s.id = b.sender_id AND b.sender_type = 'User' JOIN branches n ON n.id = b.branch_id
         JOIN commits c ON c.id = b.commit_id AND c.branch_id = n.id JOIN requests q ON q.id = b.request_id AND q.commit_id = c.id
         JOIN build_configs bc ON bc.id = b.config_id WHERE b.id = $1`,
      build.id,
    );
    expect(row).toEqual({
      state: 'created',
      number: '1',
      unique_number: 1,
      private: true,
      owner_type: 'Organization',
      branch: 'main',
      event_type: 'push',
      owner: 'octo',
      sender: 'ada',
      github_id: 4711,
      vcs_id: '4711',
      next_build_number: 2,
      active: true,
      branch_row: 'main',
      branch_points_here: true,
      commit: '62aae5f70cee',
      ref: 'refs/heads/main',
      message: 'Mend',
      committed_at: '2021-01-10T05:36:12',
      head_commit: '62aae5f70cee',
      request_state: 'finished',
      config: { language: 'ruby', notifications: { webhooks: 'https://example.org/hook' } },
    });
    const jobs = await hub.rows<unknown>(
      `SELECT j.number, j.state, j.type, j.source_type, j.queue, j.allow_failure, j.private, j.owner_type, j.stage_id, c.config,
              (SELECT count(*) FROM queueable_jobs q WHERE q.job_id = j.id) AS queueable
         FROM jobs j JOIN job_configs c ON c.id = j.config_id WHERE j.source_id = $1 ORDER BY j.id`,
      build.id,
    );
    const common = {
      state: 'created',
      type: 'Job::Test',
      source_type: 'Build',
      private: true,
      owner_type: 'Organization',
    };
    expect(jobs).toEqual([
      {
        ...common,
        number: '1.1',
        queue: 'builds.linux',
        allow_failure: false,
        stage_id: null,
        config: { rvm: '3.3' },
        queueable: 1,
      },
      {
        ...common,
        number: '1.2',
        queue: null,
        allow_failure: true,
        stage_id: null,
        config: { rvm: 'head' },
        queueable: 1,
      },
    ]);
  });

  it('numbers stages from 1 and their jobs through the whole build', async () => {
    const build = await create({
      repository: named('staged'),
      jobs: undefined,
      stages: [{ name: 'test', jobs: [{}, {}] }, { jobs: [{}] }],
    });
    expect(build.stages.map(({ number, name, state }) => ({ number, name, state }))).toEqual([
      { number: 1, name: 'test', state: 'created' },
      { number: 2, name: null, state: 'created' },
    ]);
    const [first, second] = build.stages.map((stage) => stage.id);
    expect(build.jobs.map((job) => [job.number, job.stage_id, job.stage_number])).toEqual([
      ['1.1', first, '1.1'],
      ['1.2', first, '1.2'],
      ['1.3', second, '2.1'],
    ]);
  });

  it('tells of the build and then of each job, with snapshots', async () => {
    const build = await create({ repository: named('events'), jobs: undefined, stages: [{ jobs: [{}, {}] }] });
    const events = await hub.rows<{
      seq: number;
      name: string;
      job_id: number | null;
      snapshot: Record<string, object>;
    }>('SELECT seq, name, job_id, snapshot FROM hub.events WHERE build_id = $1 ORDER BY seq', build.id);
    const [one, two] = build.jobs.map((job) => job.id);
    expect(events.map(({ seq, name, job_id }) => [seq, name, job_id])).toEqual([
      [1, 'build:created', null],
      [2, 'job:created', one],
      [3, 'job:created', two],
    ]);
    expect(events[0]?.snapshot).toMatchObject({
      cause: { command: 'build:create' },
      build: { id: build.id, number: '1', state: 'created', previous_state: null },
      jobs: [{ id: one, number: '1.1', state: 'created' }, { id: two }],
      stages: [{ number: 1, state: 'created' }],
      repository: { id: build.repository.id, last_build_id: null },
    });
    expect(events[1]?.snapshot).toMatchObject({ job: { id: one, state: 'created' }, stage: { number: 1 } });
  });

  it('shares equal configs and uses a known repository, owner and branch again', async () => {
    const twice = { repository: named('again'), config: { a: 1 }, jobs: [{ config: { b: 1 } }, { config: { b: 1 } }] };
    const first = await create(twice);
    const second = await create({ ...twice, repository: { id: first.repository.id } });
    expect(second.number).toBe('2');
    expect(second.repository.id).toBe(first.repository.id);
    const [counts] = await hub.rows<unknown>(
      `SELECT (SELECT count(*) FROM job_configs WHERE repository_id = r.id) AS job_configs,
              (SELECT count(*) FROM build_configs WHERE repository_id = r.id) AS build_configs,
              (SELECT count(*) FROM branches WHERE repository_id = r.id) AS branches,
              (SELECT count(*) FROM users WHERE login = 'octo') AS users
         FROM repositories r WHERE r.id = $1`,
      first.repository.id,
    );
    expect(counts).toEqual({ job_configs: 1, build_configs: 1, branches: 1, users: 1 });
  });

  it('compares with the newest finished build of the branch, never with that of a pull request', async () => {
    const repository = named('previous');
    const finish = (id: number, state: string) =>
      hub.database.query('UPDATE builds SET state = $2 WHERE id = $1', [id, state]);
    const pull = { repository, pull_request: { number: 7, title: 'Feature', head_ref: 'feature' } };

    await finish((await create({ repository })).id, 'failed');
    const passing = await create({ repository });
    expect(passing.previous_state).toBe('failed');
    await finish(passing.id, 'passed');
    await create({ repository }); // still running
    await finish((await create({ repository, branch: 'other' })).id, 'errored');

    const first = await create(pull);
    expect(first.previous_state).toBe('passed');
    await finish(first.id, 'canceled');
    expect((await create({ repository })).previous_state).toBe('passed');
    expect((await create(pull)).previous_state).toBe('passed');
    expect((await create({ repository, branch: 'new' })).previous_state).toBeNull();
  });

  it('keeps one row per pull request and leaves the base branch its own last build', async () => {
    const repository = named('pulls');
    const push = await create({ repository });
    const pull = {
      repository,
      event_type: 'pull_request',
      pull_request: { number: 7, title: 'Feature', head_ref: 'feature' },
    };
    await create(pull);
    const build = await create({ ...pull, pull_request: { number: 7, title: 'Better feature' } });
    const found = await hub.rows<unknown>(
      `SELECT p.number, p.title, p.head_ref, p.base_ref, b.pull_request_number, b.pull_request_title, b.event_type, c.ref,
              n.last_build_id
         FROM builds b JOIN pull_requests p ON p.id = b.pull_request_id JOIN commits c ON c.id = b.commit_id
         JOIN branches n ON n.id = b.branch_id WHERE b.id = $1`,
      build.id,
    );
    expect(found).toEqual([
      {
        number: 7,
        title: 'Better feature',
        head_ref: 'feature',
        base_ref: 'main',
        pull_request_number: 7,
        pull_request_title: 'Better feature',
        event_type: 'pull_request',
        ref: 'refs/pull/7/merge',
        last_build_id: push.id,
      },
    ]);
  });

  it('builds a tag under its own name', async () => {
    const build = await create({ repository: named('tags'), branch: undefined, tag: 'v1.0.0' });
    expect(build).toMatchObject({ branch: 'v1.0.0', tag: 'v1.0.0', commit: { ref: 'refs/tags/v1.0.0' } });
    expect(await hub.rows('SELECT name, last_build_id FROM tags')).toEqual([
      { name: 'v1.0.0', last_build_id: build.id },
    ]);
  });

  it('goes on from the newest build when nobody kept the next number', async () => {
    const first = await create({ repository: named('numbers') });
    await hub.database.query("UPDATE builds SET number = '41' WHERE id = $1", [first.id]);
    await hub.database.query('UPDATE repositories SET next_build_number = NULL WHERE id = $1', [first.repository.id]);
    expect((await create({ repository: named('numbers') })).number).toBe('42');
  });

  it('gives different numbers to builds that are created at once, also the first ones of a repository', async () => {
    const builds = await Promise.all(Array.from({ length: 12 }, () => create({ repository: named('crowd') })));
    expect(builds.map((build) => Number(build.number)).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
    expect(new Set(builds.map((build) => build.repository.id)).size).toBe(1);
  });

  it('creates a thousand jobs with ids in their order', async () => {
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({ config: { index } }));
    const build = await create({ repository: named('large'), jobs });
    expect(build.jobs).toHaveLength(1_000);
    expect(build.jobs.map((job) => job.number)).toEqual(jobs.map((_, index) => `1.${index + 1}`));
    expect(build.jobs.every((job) => job.id > build.id)).toBe(true);
  });

  it('leaves nothing behind when a later part of the request cannot be carried out', async () => {
    const answer = await hub.post('/api/builds', buildBody({ repository: named('nothing'), sender: { id: 999_999 } }));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ errors: [{ path: 'sender.id', message: 'is unknown' }] });
    expect(await hub.rows("SELECT id FROM repositories WHERE name = 'nothing'")).toEqual([]);
  });

  it.each([
    ['an unknown repository id', { repository: { id: 999_999 } }, 'repository.id'],
    [
      'a github_id that belongs to another repository',
      { repository: { ...named('github'), github_id: 2 } },
      'repository.github_id',
    ],
  ])('refuses %s with 422', async (_, changes, path) => {
    await hub.post('/api/builds', buildBody({ repository: { ...named('github'), github_id: 1 } }));
    const answer = await hub.post('/api/builds', buildBody(changes));
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ errors: [{ path }] });
  });

  it("notes the owner's installation of the GitHub app, also a new one of a known repository", async () => {
    const app = (installation_id: number, name = 'app') => ({
      repository: { owner_name: 'installer', owner_type: 'Organization', name, installation_id },
    });
    const noted = () =>
      hub.rows<unknown>(
        `SELECT i.github_id, r.name, r.managed_by_installation_at IS NOT NULL AS managed
           FROM repositories r JOIN installations i ON i.owner_id = r.owner_id AND i.owner_type = r.owner_type
          WHERE r.owner_name = 'installer' ORDER BY r.id`,
      );
    await create({ repository: { ...app(71).repository, installation_id: undefined } });
    expect(await noted()).toEqual([]);
    await create(app(71));
    await create(app(71, 'second'));
    await create(app(72));
    expect(await noted()).toEqual([
      { github_id: 72, name: 'app', managed: true },
      { github_id: 72, name: 'second', managed: true },
    ]);

    const elsewhere = await hub.post(
      '/api/builds',
      buildBody({ repository: { ...named('elsewhere'), installation_id: 72 } }),
    );
    expect(elsewhere.status).toBe(422);
    expect(elsewhere.body).toMatchObject({ errors: [{ path: 'repository.installation_id' }] });
  });

  it('finds a renamed repository by its id on GitHub', async () => {
    const before = await create({ repository: { ...named('old-name'), github_id: 815 } });
    const after = await create({ repository: { ...named('new-name'), github_id: 815 } });
    expect(after.repository.id).toBe(before.repository.id);
  });
});

describe('POST /api/builds on an existing Travis database', () => {
  it('adds a build to what is there', async () => {
    const hub = await startApiApp({}, { travis: true });
    try {
      const answer = await hub.post('/api/builds', buildBody({ jobs: undefined, stages: [{ jobs: [{}] }] }));
      expect(answer.status).toBe(201);
      expect(await hub.rows('SELECT name FROM hub.events ORDER BY seq')).toEqual([
        { name: 'build:created' },
        { name: 'job:created' },
      ]);
    } finally {
      await hub.close();
    }
  });
});
