import type { Outcome } from '../../src/contracts/command';
import type { JobState } from '../../src/contracts/states';
import { Batcher, normaliseMessage } from '../../src/intake';
import { insertJobsIn, toldToStop } from '../support/job-rows';
import { startApiApp, type ApiApp } from './api-app';

const TEXT = 'Automatic restarts limited: Please try restarting this job later or contact support@travis-ci.com.';

describe('a job that is reset again and again', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const send = (type: string, id: number, on = hub): Promise<Outcome> =>
    on.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, { id, state: 'reset' }));

  async function jobWith(resets: number, firstHoursAgo: number, state: JobState = 'queued', on = hub) {
    const { buildId, jobIds } = await insertJobsIn(on.database, state);
    const [id = 0] = jobIds;
    await on.database.query(
      `INSERT INTO hub.job_resets (job_id, resets, first_at, last_at)
       VALUES ($1, $2, (now() AT TIME ZONE 'UTC') - $3 * interval '1 hour', (now() AT TIME ZONE 'UTC') - interval '1 minute')`,
      [id, resets, firstHoursAgo],
    );
    return { id, buildId };
  }
  const stateOf = async (id: number, on = hub) =>
    (await on.rows<{ state: string }>('SELECT state FROM jobs WHERE id = $1', id))[0]?.state;
  const resetsOf = async (id: number) =>
    (await hub.rows<{ resets: number }>('SELECT resets FROM hub.job_resets WHERE job_id = $1', id))[0]?.resets;
  const replaced = (id: number) =>
    hub.rows(`SELECT payload, run FROM hub.deliveries WHERE job_id = $1 AND channel = 'log-replace'`, id);

  it('is errored instead, with its build, and its log says why', async () => {
    const { id, buildId } = await jobWith(50, 7, 'started');
    await hub.database.query('INSERT INTO queueable_jobs (job_id) VALUES ($1)', [id]);
    const before = Date.now();
    const reset = normaliseMessage(
      'job:test:reset',
      { id, finished_at: '2013-01-01T00:00:00Z' },
      new Date(before - 60_000),
    );
    await expect(hub.app.get(Batcher, { strict: false }).submit(reset)).resolves.toMatchObject({ kind: 'changed' });

    const [job] = await hub.database.query<{ state: string; finished_at: Date }>(
      'SELECT state, finished_at FROM jobs WHERE id = $1',
      [id],
    );
    expect(job?.state).toBe('errored');
    expect(job?.finished_at.getTime()).toBeGreaterThanOrEqual(before);
    expect(await hub.database.query('SELECT state, finished_at FROM builds WHERE id = $1', [buildId])).toEqual([job]);
    expect(await hub.rows('SELECT job_id FROM queueable_jobs WHERE job_id = $1', id)).toEqual([]);
    expect(await replaced(id)).toEqual([{ payload: { text: TEXT }, run: 1 }]);
    expect(await hub.rows(`SELECT id FROM hub.deliveries WHERE job_id = $1 AND channel = 'log-clear'`, id)).toEqual([]);
    expect(await toldToStop(hub.database, id)).toEqual([]);
    expect(
      await hub.rows(
        `SELECT name, snapshot -> 'cause' AS cause FROM hub.events WHERE build_id = $1 ORDER BY seq`,
        buildId,
      ),
    ).toEqual(
      ['build:finished', 'job:finished'].map((name) => ({
        name,
        cause: {
          command: 'job:reset',
          reason: expect.stringMatching(
            /^Resets limited: 50 resets between \S+Z and \S+Z \(max: 50, after: 21600 s\)$/,
          ),
        },
      })),
    );
    // It is not reset: nothing is counted.
    expect(await resetsOf(id)).toBe(50);
  });

  it.each([
    ['49 times, for long', 49, 7],
    ['50 times, but not for long', 50, 5.9],
    ['50 times, the first a day ago', 50, 24.1],
  ])('starts over while it was reset %s', async (_, resets, hours) => {
    const { id } = await jobWith(resets, hours);
    await expect(send('job:test:reset', id)).resolves.toMatchObject({ kind: 'changed' });
    expect(await stateOf(id)).toBe('created');
    expect(await resetsOf(id)).toBe(resets + 1);
    expect(await replaced(id)).toEqual([]);
  });

  it('starts over however often it was reset, when it was finished', async () => {
    const { id } = await jobWith(90, 7, 'failed');
    await send('job:test:reset', id);
    expect(await stateOf(id)).toBe('created');
  });

  it('begins to count anew when a person restarts it', async () => {
    const { id } = await jobWith(50, 7, 'started');
    await send('job:test:reset', id);
    expect(await stateOf(id)).toBe('errored');
    await send('job:restart', id);
    await send('job:test:receive', id);
    await send('job:test:reset', id);
    expect(await stateOf(id)).toBe('created');
    expect(await resetsOf(id)).toBe(1);
  });

  it('counts each reset that is carried out, in one batch too, and no repeat', async () => {
    const { jobIds } = await insertJobsIn(hub.database, 'queued');
    const [id = 0] = jobIds;
    const types = ['job:reset', 'job:reset', 'job:receive', 'job:reset', 'job:receive', 'job:start', 'job:reset'];
    await Promise.all(types.map((type) => send(type, id)));
    expect(await resetsOf(id)).toBe(3);
  });

  it('costs other messages nothing: no row is written for them', async () => {
    const { jobIds } = await insertJobsIn(hub.database, 'queued');
    const [id = 0] = jobIds;
    for (const type of ['job:receive', 'job:start', 'job:cancel', 'job:restart']) await send(type, id);
    expect(await resetsOf(id)).toBeUndefined();
  });

  it('is never given up, nor counted, when the limit is 0', async () => {
    const unlimited = await startApiApp({ HUB_RESET_LIMIT: '0' });
    try {
      const { id } = await jobWith(90, 7, 'started', unlimited);
      await send('job:test:reset', id, unlimited);
      expect(await stateOf(id, unlimited)).toBe('created');
      expect(await unlimited.rows('SELECT resets FROM hub.job_resets')).toEqual([{ resets: 90 }]);
    } finally {
      await unlimited.close();
    }
  });
});
