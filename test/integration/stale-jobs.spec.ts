import { Client } from 'pg';
import { CONFIG, type Config } from '../../src/config';
import type { BrokerStatus } from '../../src/contracts/broker-status';
import type { JobState } from '../../src/contracts/states';
import { DatabaseState, Transactions } from '../../src/database';
import { Batcher, BatchRunner, normaliseMessage } from '../../src/intake';
import { staleJobsTotal } from '../../src/metrics';
import { StaleJobs, type StalePass } from '../../src/sweeper';
import { eventually } from '../support';
import { ageJobs, insertJobsIn, toldToStop } from '../support/job-rows';
import { buildBody, startApiApp, type ApiApp } from './api-app';

describe('stale jobs', () => {
  let hub: ApiApp;
  let stale: StaleJobs;

  beforeEach(async () => {
    hub = await startApiApp({ HUB_STALE_MOST: '5' });
    stale = hub.app.get(StaleJobs, { strict: false });
  });
  afterEach(() => hub.close());

  /** As if the last look was longer ago than it takes for the next one. */
  const letTurnCome = () =>
    hub.database.query(
      `INSERT INTO hub.sweeps VALUES ('stale-jobs', (clock_timestamp() AT TIME ZONE 'UTC') - interval '2 minutes')
       ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at`,
    );
  const pass = async (): Promise<StalePass | null> => {
    await letTurnCome();
    return stale.runOnce();
  };
  const statesOf = async (ids: readonly number[]) =>
    (await hub.database.query<{ state: string }>('SELECT state FROM jobs WHERE id = ANY ($1) ORDER BY id', [ids])).map(
      ({ state }) => state,
    );

  /** Those of a build of which Hub has told. */
  async function ownJobs(...states: readonly JobState[]): ReturnType<typeof insertJobsIn> {
    const rows = await insertJobsIn(hub.database, ...states);
    await hub.database.query('INSERT INTO hub.builds (build_id, last_seq) VALUES ($1, 1)', [rows.buildId]);
    return rows;
  }

  it('are errored with their build, and the workers and the event say why', async () => {
    const { buildId, jobIds } = await ownJobs('queued', 'received', 'started');
    await ageJobs(hub.database, jobIds, 6.1);
    await hub.database.query('INSERT INTO queueable_jobs (job_id) VALUES ($1)', [jobIds[0]]);
    const before = Date.now();
    const counted = async () => (await staleJobsTotal.get()).values.find(({ labels }) => labels.outcome === 'errored');
    const errored = (await counted())?.value ?? 0;

    expect(await pass()).toEqual({ first: false, found: 3, errored: 3, leftAlone: 0, failed: 0 });

    const rows = await hub.database.query<{ state: string; finished_at: Date }>(
      `SELECT state, finished_at FROM jobs WHERE source_id = $1
        UNION ALL SELECT state, finished_at FROM builds WHERE id = $1`,
      [buildId],
    );
    expect(rows.map(({ state }) => state)).toEqual(Array(4).fill('errored'));
    for (const row of rows) expect(row.finished_at.getTime()).toBeGreaterThanOrEqual(before);
    const reason = 'Job Errored: it is stale, nothing was heard of it for 6 hours';
    const cause = { command: 'job:finish', reason, stale: true };
    expect(
      await hub.rows(
        `SELECT name, snapshot -> 'cause' AS cause FROM hub.events WHERE build_id = $1 ORDER BY seq`,
        buildId,
      ),
    ).toEqual(['job:finished', 'job:finished', 'build:finished', 'job:finished'].map((name) => ({ name, cause })));
    for (const id of jobIds) expect(await toldToStop(hub.database, id)).toEqual([reason]);
    expect(await hub.rows('SELECT job_id FROM queueable_jobs WHERE job_id = $1', jobIds[0])).toEqual([]);
    expect((await counted())?.value).toBe(errored + 3);
    expect(await pass()).toMatchObject({ found: 0 });
  });

  it('are neither created nor finished, nor heard of lately', async () => {
    const { jobIds } = await ownJobs('created', 'passed', 'failed', 'errored', 'canceled');
    const young = await ownJobs('queued', 'received', 'started');
    await ageJobs(hub.database, jobIds, 100);
    await ageJobs(hub.database, young.jobIds, 5.9);
    expect(await pass()).toMatchObject({ found: 0 });
    expect(await statesOf(young.jobIds)).toEqual(['queued', 'received', 'started']);
  });

  it.each(['America/New_York', 'Asia/Tokyo'])('are dated by UTC, also when the server is in %s', async (zone) => {
    await hub.database.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''${zone}''', current_database()); END $$`,
    );
    // What is connected already keeps its zone.
    await hub.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const { jobIds } = await ownJobs('started', 'started');
    await ageJobs(hub.database, jobIds.slice(0, 1), 6.1);
    await ageJobs(hub.database, jobIds.slice(1), 5.9);
    await eventually(async () => expect(await pass()).toMatchObject({ found: 1, errored: 1 }));
    expect(await statesOf(jobIds)).toEqual(['errored', 'started']);
  });

  it('are never those of builds that Hub has not told of: they are the past', async () => {
    const { buildId, jobIds } = await insertJobsIn(hub.database, 'started', 'queued');
    await ageJobs(hub.database, jobIds, 100);
    expect(await pass()).toMatchObject({ found: 0 });
    await hub.database.query('INSERT INTO hub.builds (build_id, last_seq) VALUES ($1, 0)', [buildId]);
    expect(await pass()).toMatchObject({ found: 0 });
    expect(await statesOf(jobIds)).toEqual(['started', 'queued']);
  });

  it('are only reported when somebody looks for the first time', async () => {
    const { jobIds } = await ownJobs('started');
    await ageJobs(hub.database, jobIds, 100);
    expect(await stale.runOnce()).toEqual({ first: true, found: 1, errored: 0, leftAlone: 0, failed: 0 });
    expect(await statesOf(jobIds)).toEqual(['started']);
    // Not due yet.
    expect(await stale.runOnce()).toBeNull();
    expect(await pass()).toMatchObject({ first: false, errored: 1 });
  });

  it('are given up oldest first, and no more at once than is allowed', async () => {
    const { jobIds } = await ownJobs('started', 'started', 'started', 'started', 'started', 'started', 'started');
    for (const [nth, id] of jobIds.entries()) await ageJobs(hub.database, [id], 10 + nth);
    expect(await pass()).toMatchObject({ found: 5, errored: 5 });
    expect(await statesOf(jobIds)).toEqual(['started', 'started', ...Array<string>(5).fill('errored')]);
    expect(await pass()).toMatchObject({ found: 2, errored: 2 });
  });

  it('are left alone when somebody has written their rows after they were found', async () => {
    const { jobIds } = await ownJobs('queued', 'received');
    await ageJobs(hub.database, jobIds, 7);
    const runner = hub.app.get(BatchRunner, { strict: false });
    const run = runner.run.bind(runner);
    const results: unknown[] = [];
    jest.spyOn(runner, 'run').mockImplementationOnce(async (commands, limits) => {
      // The state stays as it was: only when the row was written tells.
      await hub.database.query('UPDATE jobs SET priority = 1 WHERE id = $1', [commands[0]?.id]);
      const answer = await run(commands, limits);
      results.push(...answer);
      return answer;
    });
    expect(await pass()).toMatchObject({ found: 2, errored: 1, leftAlone: 1 });
    expect(results).toMatchObject([{ kind: 'ignored', reason: 'touched' }]);
    expect((await statesOf(jobIds)).sort()).toEqual(['errored', expect.stringMatching(/queued|received/)]);
  });

  it('are left alone when the same batch holds what was heard of them', async () => {
    const { jobIds } = await ownJobs('queued');
    await ageJobs(hub.database, jobIds, 7);
    const [id = 0] = jobIds;
    const batcher = hub.app.get(Batcher, { strict: false });
    const [, outcome] = await Promise.all([
      batcher.submit(normaliseMessage('job:start', { id })),
      batcher.submit({ ...normaliseMessage('job:finish', { id, state: 'errored' }), untouchedSince: new Date() }),
    ]);
    expect(outcome).toMatchObject({ kind: 'ignored', reason: 'touched' });
    expect(await statesOf(jobIds)).toEqual(['started']);
  });

  it('are found also when the message that they run told of an end', async () => {
    const { jobIds } = await ownJobs('created', 'received');
    const batcher = hub.app.get(Batcher, { strict: false });
    const finished_at = '2026-01-01T00:00:00Z';
    for (const [type, id] of [
      ['job:receive', jobIds[0]],
      ['job:start', jobIds[1]],
      ['job:start', jobIds[1]],
    ] as const)
      await batcher.submit(normaliseMessage(type, { id, finished_at }));
    expect(await statesOf(jobIds)).toEqual(['received', 'started']);
    await ageJobs(hub.database, jobIds, 7);
    expect(await pass()).toMatchObject({ found: 2, errored: 2 });
  });

  it('do not hinder one another: one that cannot be errored is tried again on the next turn', async () => {
    const held = await ownJobs('started');
    const free = await ownJobs('started', 'received');
    await ageJobs(hub.database, held.jobIds, 9);
    await ageJobs(hub.database, free.jobIds, 8);
    const holder = new Client({ connectionString: hub.database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM builds WHERE id = $1 FOR UPDATE', [held.buildId]);
      expect(await pass()).toEqual({ first: false, found: 3, errored: 2, leftAlone: 0, failed: 1 });
    } finally {
      await holder.end();
    }
    expect(await statesOf([...held.jobIds, ...free.jobIds])).toEqual(['started', 'errored', 'errored']);
    expect(await pass()).toMatchObject({ errored: 1 });
  });

  it('are looked for by one of several replicas, on the first turn as on every other', async () => {
    const other = replica({ consuming: true, degraded: null });
    for (const come of [() => hub.database.query('DELETE FROM hub.sweeps'), letTurnCome]) {
      await come();
      const passes = await Promise.all([stale.runOnce(), other.runOnce()]);
      expect(passes.filter((one) => one !== null)).toHaveLength(1);
    }
  });

  it('are looked for although the clock was set back', async () => {
    await letTurnCome();
    await hub.database.query(`UPDATE hub.sweeps SET last_at = last_at + interval '1 day'`);
    expect(await stale.runOnce()).toMatchObject({ first: false });
    expect(await stale.runOnce()).toBeNull();
  });

  it('are no longer stale once a scheduler has recorded that it queued them', async () => {
    const { body } = await hub.post('/api/builds', buildBody());
    const id = (body as { jobs: { id: number }[] }).jobs[0]?.id ?? 0;
    await ageJobs(hub.database, [id], 10);
    expect((await hub.post(`/api/jobs/${id}/queue`)).status).toBe(200);
    expect(await pass()).toMatchObject({ found: 0 });
    await ageJobs(hub.database, [id], 10);
    expect(await pass()).toMatchObject({ errored: 1 });
  });

  it('are looked for when messages have flowed for ten turns, so that those that waited come first', async () => {
    let asked = 0;
    let flows = false;
    const broker: BrokerStatus = {
      get consuming() {
        asked++;
        return flows;
      },
      degraded: null,
    };
    const other = replica(broker, { rabbitmq: { url: 'amqp://somewhere' } });
    other.everyMs = 1;
    other.onApplicationBootstrap();
    try {
      await eventually(() => expect(asked).toBeGreaterThan(20));
      expect(await hub.rows('SELECT name FROM hub.sweeps')).toEqual([]);
      const askedInVain = asked;
      flows = true;
      await eventually(async () => expect(await hub.rows('SELECT name FROM hub.sweeps')).toHaveLength(1));
      expect(asked - askedInVain).toBeGreaterThanOrEqual(10);
    } finally {
      await other.beforeApplicationShutdown();
    }
  });

  it('are not looked for at all when that is switched off', async () => {
    const other = replica({ consuming: true, degraded: null }, { stale: { afterMs: 0, most: 5 } });
    const waited = jest.spyOn(hub.app.get(DatabaseState), 'becameReady');
    other.onApplicationBootstrap();
    expect(waited).not.toHaveBeenCalled();
    await other.beforeApplicationShutdown();
    waited.mockRestore();
  });

  function replica(broker: BrokerStatus, changes: object = {}): StaleJobs {
    const config = { ...hub.app.get<Config>(CONFIG), ...changes };
    const runner = hub.app.get(BatchRunner, { strict: false });
    return new StaleJobs(hub.app.get(Transactions), hub.app.get(DatabaseState), runner, broker, config);
  }
});
