import { Batcher, ParkedReplay, SidekiqIntake, Transports } from '../../src/intake';
import { eventually } from '../support';
import { jobsInRedis, push, sidekiqJob } from '../support/sidekiq';
import { SidekiqScene } from './sidekiq-scene';

let hub: SidekiqScene;

beforeAll(async () => {
  hub = await SidekiqScene.open();
});
afterAll(() => hub.close());
afterEach(() => {
  hub.redisLine.restore();
  hub.databaseLine.restore();
});

const RUN = [
  ['job:test:receive', { state: 'received', received_at: '2024-01-01T00:00:01Z' }],
  ['job:test:start', { state: 'started', started_at: '2024-01-01T00:00:02Z' }],
  ['job:test:finish', { state: 'failed', finished_at: '2024-01-01T00:00:03Z' }],
] as const;

/** Plays a run of the job, as `drain` moves it over from the broker. */
async function run(jobId: number): Promise<void> {
  await push(hub.redis.client, ...runOf(jobId));
  await hub.settled();
}

const runOf = (id: number) => RUN.map(([event, data]) => sidekiqJob(event, { id, ...data }, 'raw'));

describe.each(['encoded', 'raw'] as const)('what other services queue, with its arguments %s', (encoding) => {
  it('the API cancels a job by an id that is text, and says why', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const reason = 'Job Cancelled manually by User with id: octocat';
    await hub.send('job:cancel', { id: String(jobIds[0]), user_id: 1, source: 'api', reason }, encoding);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'canceled' });
    expect(await hub.eventsOf(buildId)).toContain('job:canceled');
    expect(await hub.sideEffects(jobIds[0]!, 'worker-commands')).toEqual([{ reason }]);
  });

  it.each([
    ['text', String],
    ['a number', Number],
  ])('the API cancels a build by an id that is %s', async (_what, written) => {
    const { jobIds, buildId } = await hub.createBuild(2);
    const reason = 'Build Cancelled manually by User: octocat';
    await hub.send('build:cancel', { id: written(buildId), user_id: 1, source: 'api', reason }, encoding);
    expect(await hub.build(buildId)).toMatchObject({ state: 'canceled' });
    for (const id of jobIds) expect(await hub.sideEffects(id, 'worker-commands')).toEqual([{ reason }]);
  });

  it('the API restarts a job, and who did is kept', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    await run(jobIds[0]!);
    await hub.send('job:restart', { id: String(jobIds[0]), user_id: 7, restarted_by: 7 }, encoding);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'created', restarted_by: 7, started_at: null });
    expect((await hub.eventsOf(buildId)).slice(-2)).toEqual(['build:restarted', 'job:restarted']);
  });

  it('the API restarts a build, and who did is kept', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    await run(jobIds[0]!);
    await hub.send('build:restart', { id: String(buildId), user_id: 7, restarted_by: 7 }, encoding);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'created', restarted_by: 7 });
    expect(await hub.build(buildId)).toMatchObject({ state: 'created' });
  });

  it('the scheduler cancels a job without a reason', async () => {
    const { jobIds } = await hub.createBuild();
    await hub.send('job:cancel', { id: jobIds[0], source: 'scheduler' }, encoding);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'canceled' });
    expect(await hub.sideEffects(jobIds[0]!, 'worker-commands')).toEqual([{ reason: 'Job Cancelled: Reason unknown' }]);
  });

  it('gatekeeper tells of a new build', async () => {
    const { buildId } = await hub.createBuild();
    await hub.send('build:create', { id: buildId }, encoding);
    expect(await hub.eventsOf(buildId)).toEqual(['build:created', 'job:created']);
  });

  it('gatekeeper ends a build whose config is wrong', async () => {
    const { buildId, jobIds } = await hub.createBuild();
    const at = '2024-01-01T00:00:05Z';
    await hub.send('build:finish', { id: buildId, state: 'errored', started_at: at, finished_at: at }, encoding);
    expect(await hub.build(buildId)).toMatchObject({ state: 'errored', finished_at: new Date(at) });
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'errored', started_at: new Date(at) });
  });

  it('gatekeeper cancels a build because a newer one came', async () => {
    const { buildId, jobIds } = await hub.createBuild();
    const meta = { auto: true, event: 'push', number: '2', branch: 'master', pull_request_number: null };
    await hub.send('build:cancel', { id: buildId, meta }, encoding);
    expect(await hub.build(buildId)).toMatchObject({ state: 'canceled' });
    const [part] = await hub.sideEffects(jobIds[0]!, 'log-part');
    expect(part?.text).toContain('(#2) for branch master');
  });

  it('the HTTP API of Travis Hub passes on what a build tells of a deploy', async () => {
    const { buildId, jobIds } = await hub.createBuild();
    const payload = { job_id: jobIds[0], provider: 'pages', status: '1', edge: true };
    await hub.send('deploy:finished', payload, encoding);
    expect(await hub.eventsOf(buildId)).toEqual(['deploy:finished']);
    expect(await hub.database.query(`SELECT snapshot -> 'deploy' AS deploy FROM hub.events`)).toContainEqual({
      deploy: { provider: 'pages', strategy: 'git', passed: false, edge: true },
    });
  });

  it('the drain of the broker brings a whole run', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const meta = (count: number) => ({ uuid: `run-${jobIds[0]}`, state_update_count: count });
    const jobs = RUN.map(([event, data], i) => sidekiqJob(event, { id: jobIds[0], ...data, meta: meta(i) }, encoding));
    await push(hub.redis.client, ...jobs);
    await hub.settled();
    expect(await hub.eventsOf(buildId)).toEqual([
      'job:received',
      'build:started',
      'job:started',
      'build:finished',
      'job:finished',
    ]);
  });

  it('a finish without a time happened when its sender queued it first', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const later = { enqueued_at: 1_800_000_000 };
    await hub.send('job:finish', { id: jobIds[0], state: 'passed' }, encoding, later);
    expect(await hub.build(buildId)).toMatchObject({ finished_at: new Date('2023-11-14T22:13:20.123Z') });
    const second = await hub.createBuild();
    const version8 = { created_at: 1_700_000_000_123, enqueued_at: 1_800_000_000_123 };
    await hub.send('job:finish', { id: second.jobIds[0], state: 'passed' }, encoding, version8);
    expect(await hub.build(second.buildId)).toMatchObject({ finished_at: new Date('2023-11-14T22:13:20.123Z') });
  });
});

describe('a job that comes again under the same id', () => {
  const restart = (id: number) => sidekiqJob('job:restart', { id: String(id), user_id: 1 });

  it('is applied once, however it came back', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    await run(jobIds[0]!);
    const job = restart(jobIds[0]!);
    await push(hub.redis.client, job);
    await hub.settled();
    await run(jobIds[0]!);
    await push(hub.redis.client, { ...job, retry_count: 0, enqueued_at: 1_700_000_100, error_message: 'timeout' });
    await hub.settled();
    expect((await hub.eventsOf(buildId)).filter((name) => name === 'job:restarted')).toHaveLength(1);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'failed' });
  });

  it('is known for long: nobody queues another under the same id', async () => {
    const { jobIds } = await hub.createBuild();
    const job = restart(jobIds[0]!);
    await run(jobIds[0]!);
    await push(hub.redis.client, job);
    await hub.settled();
    await run(jobIds[0]!);
    await hub.database.query(`UPDATE hub.applied_messages SET applied_at = applied_at - interval '50 minutes'`);
    await push(hub.redis.client, job);
    await hub.settled();
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'failed' });
  });

  it('is applied once when it comes twice in one batch', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const job = restart(jobIds[0]!);
    // What is pushed at once is taken at once while nothing else is under way.
    await push(hub.redis.client, ...runOf(jobIds[0]!), job, ...runOf(jobIds[0]!), job);
    await hub.settled();
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'failed' });
    expect((await hub.eventsOf(buildId)).filter((name) => name === 'job:restarted')).toHaveLength(1);
  });

  it('is applied again under another id, for then it is meant', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    for (let i = 0; i < 2; i++) {
      await run(jobIds[0]!);
      await push(hub.redis.client, restart(jobIds[0]!));
      await hub.settled();
    }
    expect((await hub.eventsOf(buildId)).filter((name) => name === 'job:restarted')).toHaveLength(2);
  });
});

describe('what can never be applied', () => {
  interface Parked {
    id: number;
    type: string | null;
    reason: string;
    detail: string;
    body: Buffer;
    properties: Record<string, unknown>;
    subject_id: number | null;
  }

  async function parkedAfter(...jobs: readonly unknown[]): Promise<Parked[]> {
    const [last] = await hub.database.query<{ id: number }>(
      'SELECT coalesce(max(id), 0) AS id FROM hub.parked_messages',
    );
    await push(hub.redis.client, ...jobs);
    await hub.settled();
    return hub.database.query<Parked>(
      `SELECT * FROM hub.parked_messages WHERE id > $1 AND source = 'sidekiq' ORDER BY id`,
      [last!.id],
    );
  }

  it('is parked with its reason: an event that is none of Hub’s', async () => {
    const job = sidekiqJob('csv_export:create', { id: 1, email: 'a@example.org' });
    const [parked] = await parkedAfter(job);
    expect(parked).toMatchObject({ type: 'csv_export:create', reason: 'unknown_type' });
    expect(JSON.parse(parked!.body.toString())).toEqual({ id: 1, email: 'a@example.org' });
    expect(parked!.properties).toMatchObject({ jid: job['jid'], queue: 'hub', timestamp: 1_700_000_000.123 });
  });

  it('is parked with its reason: a job of another class, whole', async () => {
    const job = sidekiqJob('job:cancel', { id: 1 }, 'encoded', { class: 'Travis::Logs::Sidekiq::Worker' });
    const [parked] = await parkedAfter(job);
    expect(parked).toMatchObject({ type: 'Travis::Logs::Sidekiq::Worker', reason: 'unknown_type' });
    expect(parked!.detail).toContain('Travis::Hub::Sidekiq::Worker');
    expect(JSON.parse(parked!.body.toString())).toEqual(job);
  });

  it.each([
    ['not_json', Buffer.from([0x1f, 0x8b, 0x00, 0xff, 0x22])],
    ['not_json', '{"class":"Travis::Hub::Sidekiq::Worker","args":["job:'],
    ['not_an_object', '["job:cancel",{"id":1}]'],
    ['no_type', '{"class":"Travis::Hub::Sidekiq::Worker","args":{"0":"job:cancel"}}'],
    ['no_type', '{"class":"Travis::Hub::Sidekiq::Worker","args":[]}'],
  ])('is parked as %s with its very bytes, and not tried again', async (reason, garbage) => {
    const [parked, ...more] = await parkedAfter(garbage);
    expect(parked).toMatchObject({ reason, body: Buffer.from(garbage) });
    expect(more).toEqual([]);
  });

  it('does not hold up its neighbours', async () => {
    const { jobIds } = await hub.createBuild();
    const bad = [sidekiqJob('job:cancel', { id: 'x' }), sidekiqJob('job:cancel', null), 'garbage'];
    const parked = await parkedAfter(...bad, sidekiqJob('job:cancel', { id: jobIds[0] }));
    expect(parked.map(({ reason }) => reason).sort()).toEqual(['not_an_object', 'not_json', 'unusable_id']);
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'canceled' });
  });

  it('can be replayed, with the time at which it was sent', async () => {
    const [{ id }] = (await hub.database.query<{ id: number }>(`SELECT nextval('shared_builds_tasks_seq') AS id`)) as [
      { id: number },
    ];
    const [parked] = await parkedAfter(sidekiqJob('job:finish', { id: String(id), state: 'passed' }));
    expect(parked).toMatchObject({ type: 'job:finish', reason: 'unknown_job', subject_id: id });
    const { buildId, jobIds } = await hub.createBuild();
    await hub.database.query('UPDATE jobs SET id = $1 WHERE id = $2', [id, jobIds[0]]);
    const replay = await hub.app.get(ParkedReplay).replay(parked!.id);
    // It may have been replayed by itself meanwhile.
    expect(['applied', 'unavailable']).toContain(replay.kind);
    await eventually(async () =>
      expect(await hub.build(buildId)).toMatchObject({ finished_at: new Date('2023-11-14T22:13:20.123Z') }),
    );
  });
});

describe('outages', () => {
  const ALL = ['job:received', 'build:started', 'job:started', 'build:finished', 'job:finished'];

  it('of Redis: nothing is taken, Hub goes on, and takes jobs again by itself', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const intake = hub.app.get(SidekiqIntake);
    await eventually(() => expect(intake.consuming).toBe(true));
    hub.redisLine.cut();
    await eventually(() => expect(intake).toMatchObject({ consuming: false, degraded: expect.any(String) as string }));
    await push(hub.redis.client, ...runOf(jobIds[0]!));
    hub.redisLine.restore();
    await eventually(async () => expect(await hub.eventsOf(buildId)).toEqual(ALL));
    await hub.settled();
  });

  it('of Redis while jobs are in hand: each is applied once, and removed when Redis is back', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    hub.databaseLine.hang();
    await push(hub.redis.client, ...runOf(jobIds[0]!), sidekiqJob('job:restart', { id: jobIds[0] }));
    await hub.inHand(4);
    hub.redisLine.cut();
    hub.databaseLine.restore();
    await eventually(async () => expect(await hub.eventsOf(buildId)).toHaveLength(7));
    expect((await jobsInRedis(hub.redis.client)).inProgress).toBe(4);
    hub.redisLine.restore();
    await hub.settled();
    expect(await hub.eventsOf(buildId)).toEqual([...ALL, 'build:restarted', 'job:restarted']);
  });

  it('of a Redis that comes back empty: what is in hand is applied, and new jobs are taken', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    hub.databaseLine.hang();
    await push(hub.redis.client, ...runOf(jobIds[0]!));
    await hub.inHand(3);
    hub.redisLine.cut();
    await hub.redis.client.flushDb();
    hub.databaseLine.restore();
    hub.redisLine.restore();
    await eventually(async () => expect(await hub.eventsOf(buildId)).toEqual(ALL));
    await hub.send('job:restart', { id: jobIds[0] });
    expect(await hub.job(jobIds[0]!)).toMatchObject({ state: 'created' });
  });

  it('of the database: jobs are held, and applied once when it is back', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    hub.databaseLine.cut();
    await push(hub.redis.client, ...runOf(jobIds[0]!));
    await eventually(() => expect(hub.app.get(Batcher).troubledSince).not.toBeNull());
    await hub.inHand(3);
    hub.databaseLine.restore();
    await eventually(async () => expect(await hub.eventsOf(buildId)).toEqual(ALL));
    await hub.settled();
  });

  it('of the database for over a minute: jobs go back to the queue in their order, until it is back', async () => {
    const { jobIds, buildId } = await hub.createBuild();
    const intake = hub.app.get(SidekiqIntake);
    const jobs = [...runOf(jobIds[0]!), sidekiqJob('job:restart', { id: jobIds[0] })];
    hub.databaseLine.cut();
    await push(hub.redis.client, ...jobs);
    await eventually(() => expect(hub.app.get(Batcher).troubledSince).not.toBeNull());
    await hub.inHand(4);

    await hub.app.get(Transports).outage.runOnce(Date.now() + 60_000);
    expect(intake.consuming).toBe(false);
    expect(intake.degraded).toMatch(/^Paused: the database has been away since \d/);
    await eventually(async () => expect(await jobsInRedis(hub.redis.client)).toEqual({ waiting: 4, inProgress: 0 }));
    const waiting = await hub.redis.client.lRange('queue:hub', 0, -1);
    expect(waiting.reverse().map((text) => JSON.parse(text) as unknown)).toEqual(jobs);

    hub.databaseLine.restore();
    await eventually(() => expect(intake).toMatchObject({ consuming: true, degraded: null }));
    await hub.settled();
    await eventually(async () =>
      expect(await hub.eventsOf(buildId)).toEqual([...ALL, 'build:restarted', 'job:restarted']),
    );
  });
});
