import { RejectedCommand } from '../../src/contracts/command';
import { Batcher } from '../../src/intake';
import { buildBody, startApiApp, type ApiApp } from './api-app';

interface Build {
  id: number;
  repository: { id: number };
  jobs: { id: number }[];
}
interface List {
  builds: { id: number; number: string }[];
  next: string | null;
}

describe('looking at builds and jobs', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const create = async (changes: object = {}): Promise<Build> =>
    (await hub.post('/api/builds', buildBody(changes))).body as Build;

  it('shows ids as numbers and times in UTC, in whatever zone the server is', async () => {
    await hub.database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database()); END $$`,
    );
    const { id, jobs } = await create();
    await hub.database.query(`UPDATE builds SET started_at = '2021-01-10 05:36:12.25', duration = 3 WHERE id = $1`, [
      id,
    ]);
    expect((await hub.get(`/api/builds/${id}`)).body).toMatchObject({
      id: expect.any(Number),
      started_at: '2021-01-10T05:36:12.250Z',
      finished_at: null,
      duration: 3,
      jobs: [{ id: jobs[0]?.id, build_id: id }],
    });
  });

  it('shows a job with its config, stage, build and repository', async () => {
    const build = await create({ jobs: undefined, stages: [{ name: 'test', jobs: [{ config: { rvm: '3.3' } }] }] });
    expect((await hub.get(`/api/jobs/${build.jobs[0]?.id}`)).body).toMatchObject({
      number: expect.stringMatching(/^\d+\.1$/),
      run: 1,
      stage: { number: 1, name: 'test', state: 'created' },
      build: { id: build.id, state: 'created' },
      repository: { id: build.repository.id, slug: 'octo/app' },
      config: { rvm: '3.3' },
    });
  });

  it('shows what became of rows that other services deleted as null', async () => {
    const build = await create();
    await hub.database.query('UPDATE builds SET commit_id = NULL, config_id = NULL WHERE id = $1', [build.id]);
    expect((await hub.get(`/api/builds/${build.id}`)).body).toMatchObject({ commit: null, config: null, sender: null });
  });

  describe('the list', () => {
    const walk = async (path: string): Promise<string[]> => {
      const { builds, next } = (await hub.get(path)).body as List;
      const numbers = builds.map((build) => build.number);
      return next === null ? numbers : [...numbers, ...(await walk(next))];
    };

    it('goes through all pages, newest first, by slug and by id', async () => {
      const repository = { owner_name: 'octo', name: 'pages' };
      let id = 0;
      for (let count = 0; count < 5; count++) id = (await create({ repository })).repository.id;
      await create();
      expect(await walk('/api/builds?repository=octo/pages&limit=2')).toEqual(['5', '4', '3', '2', '1']);
      expect(await walk(`/api/builds?repository=${id}&limit=5`)).toEqual(['5', '4', '3', '2', '1']);
    });

    it('shows builds of every repository when none is named', async () => {
      const newest = await create({ repository: { owner_name: 'octo', name: 'newest' } });
      const { builds } = (await hub.get('/api/builds?limit=1')).body as List;
      expect(builds.map((build) => build.id)).toEqual([newest.id]);
    });

    it('knows an empty repository from one that does not exist', async () => {
      const { repository, id } = await create({ repository: { owner_name: 'octo', name: 'emptied' } });
      await hub.database.query('DELETE FROM builds WHERE id = $1', [id]);
      expect((await hub.get(`/api/builds?repository=${repository.id}`)).body).toEqual({ builds: [], next: null });
      for (const unknown of ['octo/unknown', '2000000000', '999999999992000000000']) {
        expect((await hub.get(`/api/builds?repository=${unknown}`)).status).toBe(404);
      }
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=x',
      'limit=1&limit=2',
      'before=-1',
      'before=1.5',
      'repository=a/b/c',
      'page=2',
    ])('refuses %s', async (query) => {
      expect((await hub.get(`/api/builds?${query}`)).status).toBe(400);
    });
  });

  it('shows the timeline of a job with its worker runs', async () => {
    const { jobs } = await create();
    const id = jobs[0]?.id ?? 0;
    const batcher = hub.app.get(Batcher, { strict: false });
    const run = { uuid: 'b9ab4e7c', count: 1 };
    await batcher.submit({ subject: 'job', name: 'receive', id, data: {}, run });
    await batcher.submit({ subject: 'job', name: 'start', id, data: { vmSize: 'large' }, run: { ...run, count: 2 } });
    const { body } = await hub.get(`/api/jobs/${id}/timeline`);
    expect(body).toMatchObject({
      job_id: id,
      state: 'started',
      events: [
        { event: 'job:created', state: 'created', cause: { command: 'build:create' } },
        { event: 'job:received', state: 'received', cause: { command: 'job:receive' } },
        {
          event: 'job:started',
          state: 'started',
          build_state: 'started',
          cause: { command: 'job:start', vm_size: 'large' },
        },
      ],
      worker_runs: [{ ordinal: 1, run: 1, uuid: 'b9ab4e7c', last_count: 2 }],
    });
  });

  it.each(['/api/builds/', '/api/jobs/'])('answers 404 at %s for ids that no row has', async (path) => {
    for (const id of ['0', '2000000000', '9223372036854775808', '9'.repeat(60)]) {
      expect((await hub.get(path + id)).status).toBe(404);
    }
  });

  it.each(['abc', '-1', '1.5', '1e3', '%00', "1'--"])('answers 400 for the id %j', async (id) => {
    const answer = await hub.get(`/api/jobs/${id}`);
    expect(answer.status).toBe(400);
    expect(answer.type).toBe('application/problem+json');
  });

  it('answers a rejected command that names no unknown row with 422', async () => {
    const { jobs } = await create();
    const batcher = hub.app.get(Batcher, { strict: false });
    const submit = jest.spyOn(batcher, 'submit').mockRejectedValueOnce(new RejectedCommand('failed', 'it cannot be'));
    expect((await hub.post(`/api/jobs/${jobs[0]?.id}/cancel`)).status).toBe(422);
    submit.mockRestore();
  });
});
