import { Injectable, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Client } from 'pg';
import { ConfigModule, loadConfig } from '../../src/config';
import { DatabaseModule, DatabaseState, Transactions } from '../../src/database';
import { DeliveriesModule } from '../../src/deliveries';
import { EventBus, EventsModule, InTransaction, type JobEvent } from '../../src/events';
import { Batcher, IntakeModule, normaliseMessage } from '../../src/intake';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { insertBuild } from '../support/rows';

/** Fails on demand inside the transaction, as a buggy extension would. */
@Injectable()
class Saboteur {
  failing = false;

  @InTransaction('job:started')
  onStarted({ job }: JobEvent): void {
    if (this.failing) throw new Error(`sabotage of job ${job.id}`);
  }
}

@Module({ providers: [Saboteur], exports: [Saboteur] })
class SabotageModule {}

describe('a batch of commands', () => {
  let database: TestDatabase;
  let app: INestApplicationContext;
  let batcher: Batcher;
  let saboteur: Saboteur;

  beforeAll(async () => {
    database = await createTestDatabase();
    app = await startHub(database.url);
    batcher = app.get(Batcher);
    saboteur = app.get(Saboteur);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
  });
  afterEach(() => {
    saboteur.failing = false;
  });

  const send = (type: string, body: object) => batcher.submit(normaliseMessage(type, body));
  const statesOf = async (ids: readonly number[]) =>
    (await database.query<{ state: string }>('SELECT state FROM jobs WHERE id = ANY ($1) ORDER BY id', [ids])).map(
      (r) => r.state,
    );
  const eventsOf = (buildId: number) =>
    database.query<{ seq: number; name: string }>('SELECT seq, name FROM hub.events WHERE build_id = $1 ORDER BY id', [
      buildId,
    ]);

  it('applies commands of one build in the order they came, with events numbered without gaps', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 2 });
    const outcomes = await Promise.all([
      ...jobIds.map((id) => send('job:receive', { id, state: 'received' })),
      ...jobIds.map((id) => send('job:start', { id, state: 'started' })),
      ...jobIds.map((id) => send('job:finish', { id, state: 'passed' })),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(6).fill('changed'));
    expect(await statesOf(jobIds)).toEqual(['passed', 'passed']);
    const events = await eventsOf(buildId);
    expect(events.map((e) => e.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(events.map((e) => e.name)).toEqual([
      'job:received',
      'job:received',
      'build:started',
      'job:started',
      'job:started',
      'job:finished',
      'build:finished',
      'job:finished',
    ]);
  });

  it('finds all jobs of a build that another replica changes while the batch waits for it', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 3 });
    const other = new Client({ connectionString: database.url });
    await other.connect();
    try {
      await other.query('BEGIN');
      await other.query(`UPDATE builds SET state = 'started' WHERE id = $1`, [buildId]);
      const outcomes = Promise.all(jobIds.map((id) => send('job:receive', { id, state: 'received' })));
      await eventually(async () => {
        const waiting = await database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        expect(waiting).toHaveLength(1);
      });
      await other.query('COMMIT');
      expect((await outcomes).map(({ kind }) => kind)).toEqual(Array(3).fill('changed'));
    } finally {
      await other.end();
    }
  });

  it('writes the states it tells of, also where a Travis database holds NULL or a word of old', async () => {
    const { buildId, jobIds, stageIds } = await insertBuild(database, { jobs: [0, 1] });
    const stored = async () => {
      const [row] = await database.query<{ states: (string | null)[] }>(
        `SELECT ARRAY[b.state, s.state, j.state, k.state] AS states FROM builds b, stages s, jobs j, jobs k
          WHERE b.id = $1 AND s.id = $2 AND j.id = $3 AND k.id = $4`,
        [buildId, stageIds[0], ...jobIds],
      );
      return row?.states;
    };
    const forget = async (build: string | null) => {
      await database.query('UPDATE builds SET state = $2 WHERE id = $1', [buildId, build]);
      await database.query('UPDATE stages SET state = NULL WHERE build_id = $1', [buildId]);
      await database.query('UPDATE jobs SET state = NULL WHERE id = ANY ($1)', [jobIds]);
      await database.query('DELETE FROM queueable_jobs WHERE job_id = ANY ($1)', [jobIds]);
    };
    await forget('queued');
    await send('job:restart', { id: jobIds[0] });
    expect(await stored()).toEqual(['created', 'created', 'created', null]);

    await forget(null);
    await database.query('DELETE FROM hub.events WHERE build_id = $1', [buildId]);
    await database.query('DELETE FROM hub.builds WHERE build_id = $1', [buildId]);
    await send('build:create', { id: buildId });
    expect(await stored()).toEqual(['created', 'created', 'created', 'created']);
  });

  it('ends a build with fast_finish before a stage of jobs that need not pass', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: [0, 1], config: { jobs: { fast_finish: true } } });
    await database.query('UPDATE jobs SET allow_failure = true WHERE id = $1', [jobIds[1]]);
    await send('job:start', { id: jobIds[0] });
    await send('job:finish', { id: jobIds[0], state: 'passed' });
    expect(await database.query('SELECT state FROM builds WHERE id = $1', [buildId])).toEqual([{ state: 'passed' }]);
    await send('job:finish', { id: jobIds[1], state: 'failed' });
    expect(await database.query('SELECT state FROM builds WHERE id = $1', [buildId])).toEqual([{ state: 'passed' }]);
    expect((await eventsOf(buildId)).filter(({ name }) => name === 'build:finished')).toHaveLength(1);
  });

  it('changes nothing at all when an in-transaction subscriber throws, and applies the command once it no longer does', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    saboteur.failing = true;
    await expect(send('job:start', { id, state: 'started' })).rejects.toThrow('sabotage');
    expect(await statesOf(jobIds)).toEqual(['created']);
    expect(await eventsOf(buildId)).toEqual([]);

    saboteur.failing = false;
    await expect(send('job:start', { id, state: 'started' })).resolves.toMatchObject({ kind: 'changed' });
    expect((await eventsOf(buildId)).map((e) => e.name)).toEqual(['build:started', 'job:started']);
  });

  it('lets one command that fails not fail its neighbours', async () => {
    const bad = await insertBuild(database, { jobs: 1 });
    const good = await insertBuild(database, { jobs: 1 });
    saboteur.failing = true;
    const [failed, applied, unknown] = await Promise.allSettled([
      send('job:start', { id: bad.jobIds[0], state: 'started' }),
      send('job:receive', { id: good.jobIds[0], state: 'received' }),
      send('job:receive', { id: 4_000_000_000_000, state: 'received' }),
    ]);
    expect(failed.status).toBe('rejected');
    expect(applied).toMatchObject({ status: 'fulfilled', value: { kind: 'changed' } });
    expect(unknown).toMatchObject({ status: 'rejected', reason: { reason: 'unknown_job' } });
    expect(await statesOf(good.jobIds)).toEqual(['received']);
  });

  it('tells everybody else although a listener throws after the commit', async () => {
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const heard: string[] = [];
    const bus = app.get(EventBus);
    bus.onCommitted(() => {
      throw new Error('a broken listener');
    });
    bus.onCommitted((events) => heard.push(...events.map((e) => e.name)));
    await expect(send('job:receive', { id: jobIds[0], state: 'received' })).resolves.toMatchObject({ kind: 'changed' });
    expect(heard).toEqual(['job:received']);
  });

  it('does not let a build that somebody holds delay another one', async () => {
    const held = await insertBuild(database, { jobs: 1 });
    const free = await insertBuild(database, { jobs: 1 });
    let release: () => void = () => undefined;
    const holding = app.get(Transactions).run(
      async (tx) => {
        await tx.query('SELECT 1 FROM builds WHERE id = $1 FOR UPDATE', [held.buildId]);
        await new Promise<void>((resolve) => (release = resolve));
      },
      { lockTimeoutMs: 5_000, statementTimeoutMs: 30_000, idleTimeoutMs: 60_000 },
    );
    await eventually(async () => {
      const rows = await database.query(
        `SELECT 1 FROM pg_locks WHERE locktype = 'transactionid' AND granted AND pid <> pg_backend_pid()`,
      );
      expect(rows.length).toBeGreaterThan(0);
    });

    const late = send('job:receive', { id: held.jobIds[0], state: 'received' });
    await expect(send('job:receive', { id: free.jobIds[0], state: 'received' })).resolves.toMatchObject({
      kind: 'changed',
    });
    expect(await statesOf(held.jobIds)).toEqual(['created']);
    release();
    await holding;
    await expect(late).resolves.toMatchObject({ kind: 'changed' });
  });

  it('does not apply a redelivered message twice when its sender numbers nothing', async () => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    await send('job:finish', { id, state: 'failed' });
    const restart = normaliseMessage('job:restart', { id });
    const message = { fingerprint: `restart-${String(id)}`, redelivered: false };
    await expect(batcher.submit({ ...restart, message })).resolves.toMatchObject({ kind: 'changed' });
    await send('job:receive', { id, state: 'received' });
    const again = batcher.submit({ ...restart, message: { ...message, redelivered: true } });
    await expect(again).resolves.toMatchObject({ kind: 'ignored', reason: 'redelivered' });
    expect(await statesOf(jobIds)).toEqual(['received']);
    expect((await eventsOf(buildId)).filter((e) => e.name === 'job:restarted')).toHaveLength(1);
  });

  it('refuses what another run says about a finished job, and drops what its own run says too late', async () => {
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const [id] = jobIds;
    const from = (uuid: string, count: number) => ({ id, meta: { uuid, state_update_count: count } });
    await send('job:finish', { ...from('a', 2), state: 'passed' });
    await expect(send('job:start', { ...from('a', 1), state: 'started' })).resolves.toMatchObject({
      kind: 'ignored',
      reason: 'overtaken',
    });
    await expect(send('job:reset', { ...from('b', 1) })).resolves.toMatchObject({
      kind: 'refused',
      reason: 'another_run',
    });
    await expect(send('job:finish', { ...from('b', 2), state: 'failed' })).resolves.toMatchObject({
      kind: 'refused',
      reason: 'another_run',
    });
    expect(await statesOf(jobIds)).toEqual(['passed']);
  });
});

async function startHub(url: string): Promise<INestApplicationContext> {
  const config = loadConfig({ DATABASE_URL: url, HTTP_BASIC_AUTH: 'test:a-long-test-password', LOG_LEVEL: 'silent' });
  @Module({
    imports: [
      ConfigModule.forRoot(config),
      DatabaseModule,
      EventsModule,
      DeliveriesModule,
      IntakeModule,
      SabotageModule,
    ],
  })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  await app.get(DatabaseState).waitUntilReady();
  return app;
}
