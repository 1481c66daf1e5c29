import { Batcher, BatchRunner, normaliseMessage } from '../../src/intake';
import { insertJobsIn } from '../support/job-rows';
import { startApiApp, type ApiApp } from './api-app';

interface Answer {
  jobs: { id: number; state: string; seen_at: string; build: { id: number }; repository: { slug: string } }[];
}

describe('the instance that a job runs on', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const send = (type: string, id: number | undefined, meta: object) =>
    hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, { id, meta, state: 'passed' }));
  const jobsOn = async (instance: string, query = '') =>
    ((await hub.get(`/api/jobs?instance_id=${encodeURIComponent(instance)}${query}`)).body as Answer).jobs;
  const kept = (table: 'job_runs' | 'job_instances', id: number | undefined) =>
    hub.rows(`SELECT instance_id FROM hub.${table} WHERE job_id = $1`, id);

  it('is found by its name, newest first, for workers that number their runs and for those that do not', async () => {
    const { buildId, jobIds } = await insertJobsIn(hub.database, 'queued', 'queued');
    const [old, young] = jobIds;
    await send('job:test:start', old, { state_update_count: 1, instance_id: 'travis-job-1' });
    await send('job:test:start', young, { state_update_count: 1, uuid: 'u', instance_id: 'travis-job-1' });
    expect(await jobsOn('travis-job-1')).toMatchObject([
      { id: young, state: 'started', build: { id: buildId }, repository: { slug: 'acme/tool' } },
      { id: old, state: 'started', seen_at: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    expect(await jobsOn('travis-job-1', '&limit=1')).toMatchObject([{ id: young }]);
    expect(await jobsOn('travis-job-2')).toEqual([]);
  });

  it('is kept once, with the run if there is one', async () => {
    const { jobIds } = await insertJobsIn(hub.database, 'queued', 'queued');
    const [plain, numbered] = jobIds;
    // By the runner, because the batcher would run a batch that fails one by one.
    await hub.app
      .get(BatchRunner, { strict: false })
      .run([
        normaliseMessage('job:test:start', { id: plain, meta: { instance_id: 'a' } }),
        normaliseMessage('job:test:finish', { id: plain, state: 'passed', meta: { instance_id: 'a' } }),
      ]);
    await send('job:test:start', numbered, { uuid: 'n', state_update_count: 0, instance_id: 'b' });
    await send('job:test:finish', plain, { instance_id: 'a' });
    expect([await kept('job_instances', plain), await kept('job_runs', plain)]).toEqual([[{ instance_id: 'a' }], []]);
    expect([await kept('job_instances', numbered), await kept('job_runs', numbered)]).toEqual([
      [],
      [{ instance_id: 'b' }],
    ]);
    expect(await jobsOn('a')).toHaveLength(1);
  });

  it('is not kept when there is none', async () => {
    const { jobIds } = await insertJobsIn(hub.database, 'queued');
    await send('job:test:start', jobIds[0], { instance_id: '{unidentified}' });
    await send('job:test:finish', jobIds[0], {});
    expect(await kept('job_instances', jobIds[0])).toEqual([]);
    expect(await jobsOn('{unidentified}')).toEqual([]);
  });

  it('stands with the job, the last one of several', async () => {
    const { jobIds } = await insertJobsIn(hub.database, 'queued', 'queued');
    const [id, other] = jobIds;
    const instanceOf = async (job: number | undefined) =>
      ((await hub.get(`/api/jobs/${job}`)).body as { instance_id: string | null }).instance_id;
    expect(await instanceOf(id)).toBeNull();
    await send('job:test:start', id, { instance_id: 'first' });
    expect(await instanceOf(id)).toBe('first');
    await send('job:test:reset', id, { instance_id: 'first' });
    await send('job:test:start', id, { uuid: 's', state_update_count: 1, instance_id: 'second' });
    expect(await instanceOf(id)).toBe('second');
    expect(await instanceOf(other)).toBeNull();
  });

  it.each([
    '',
    'instance_id=',
    'instance_id=a&limit=0',
    'instance_id=a&instance_id=b',
    `instance_id=${'x'.repeat(256)}`,
    'instance_id=%00',
    'job=1',
  ])('cannot be asked for with %j', async (query) => {
    expect((await hub.get(`/api/jobs?${query}`)).status).toBe(400);
  });
});
