import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config';
import { DatabaseState } from '../../src/database';
import { ParkedMessages, ParkedReplay, RabbitmqIntake } from '../../src/intake';
import { ParkedRetry } from '../../src/intake/parked/parked-retry';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';

const QUEUE = 'reporting.jobs.builds';

let broker: TestBroker;
let database: TestDatabase;
let app: INestApplication;
let connection: ChannelModel;
let channel: Channel;

beforeAll(async () => {
  [broker, database] = await Promise.all([createTestBroker(), createTestDatabase()]);
  connection = await connect(broker.url);
  channel = await connection.createChannel();
  app = await startHub();
});

afterAll(async () => {
  await app.close();
  await connection.close();
  await Promise.all([broker.drop(), database.drop()]);
});

/** All of Hub, on a database and a virtual host of this file's own. */
async function startHub(): Promise<INestApplication> {
  const config = loadConfig({
    DATABASE_URL: database.url,
    RABBITMQ_URL: broker.url,
    HTTP_BASIC_AUTH: 'alice:wonderland',
    LOG_LEVEL: 'silent',
  });
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] }).compile();
  module.useLogger(false);
  const hub = module.createNestApplication();
  hub.get(RabbitmqIntake).connect(hub);
  await hub.init();
  await hub.get(DatabaseState).waitUntilReady();
  await hub.startAllMicroservices();
  return hub;
}

function publish(type: string | undefined, body: unknown, options: Options.Publish = {}): void {
  const content = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  channel.publish('', QUEUE, content, { persistent: true, ...(type !== undefined && { type }), ...options });
}

async function nextId(): Promise<number> {
  const [row] = await database.query<{ id: number }>(`SELECT nextval('shared_builds_tasks_seq') AS id`);
  return row!.id;
}

/** A build with one job; the job's id may be one that messages have named before. */
async function createBuild(jobId: number): Promise<{ buildId: number; jobId: number }> {
  const [repository] = await database.query<{ id: number }>(
    `INSERT INTO repositories (name, owner_name, created_at, updated_at) VALUES ('app', 'octo', now(), now()) RETURNING id`,
  );
  const buildId = await nextId();
  await database.query(
    `INSERT INTO builds (id, repository_id, number, state, event_type, branch, created_at, updated_at)
     VALUES ($1, $2, '1', 'created', 'push', 'main', now(), now())`,
    [buildId, repository!.id],
  );
  await database.query(
    `INSERT INTO jobs (id, repository_id, source_type, source_id, type, number, state, created_at, updated_at)
     VALUES ($1, $2, 'Build', $3, 'Job::Test', '1.1', 'created', now(), now())`,
    [jobId, repository!.id, buildId],
  );
  return { buildId, jobId };
}

async function stateOf(jobId: number): Promise<string | undefined> {
  const [job] = await database.query<{ state: string }>('SELECT state FROM jobs WHERE id = $1', [jobId]);
  return job?.state;
}

async function eventsOf(buildId: number): Promise<string[]> {
  const rows = await database.query<{ name: string }>('SELECT name FROM hub.events WHERE build_id = $1 ORDER BY seq', [
    buildId,
  ]);
  return rows.map(({ name }) => name);
}

interface Row {
  id: number;
  type: string | null;
  reason: string;
  subject: string | null;
  subject_id: number | null;
  body: Buffer;
  properties: Record<string, unknown>;
  attempts: number;
  replayed_at: Date | null;
}

const parkedFor = (jobId: number): Promise<Row[]> =>
  database.query<Row>('SELECT * FROM hub.parked_messages WHERE subject_id = $1 ORDER BY id', [jobId]);

async function eventuallyParked(jobId: number, count: number): Promise<Row[]> {
  return eventually(async () => {
    const rows = await parkedFor(jobId);
    expect(rows).toHaveLength(count);
    return rows;
  });
}

describe('a hundred malformed messages between good ones of the same builds', () => {
  const malformed = (jobId: number): readonly (readonly [string, string | undefined, unknown])[] => [
    ['not_json', 'job:test:start', `id=${jobId}`],
    ['not_json', 'job:test:start', Buffer.from([0x1f, 0x8b, 0x00, 0xff])],
    ['not_json', 'job:test:start', Buffer.alloc(0)],
    ['not_an_object', 'job:test:start', 'null'],
    ['not_an_object', 'job:test:start', `[{"id":${jobId}}]`],
    ['no_type', undefined, { id: jobId }],
    ['unknown_type', 'job:test:explode\u0000', { id: jobId }],
    ['unusable_id', 'job:test:start', { id: `${jobId}x` }],
    ['unusable_result', 'job:test:finish', { id: jobId, state: 'perfect' }],
    ['unknown_job', 'job:test:start', { id: jobId + 1_000_000 }],
  ];

  it('are parked each with its reason and bytes; the good ones are applied; the queue is empty', async () => {
    const jobs = await Promise.all(Array.from({ length: 10 }, async () => createBuild(await nextId())));
    for (const { jobId } of jobs) {
      const bad = [...malformed(jobId)];
      const steps = [
        ['receive', { state: 'received', received_at: '2021-01-01T00:00:00Z' }],
        ['start', { state: 'started', started_at: '2021-01-01T00:00:01Z' }],
        ['finish', { state: 'passed', finished_at: '2021-01-01T00:00:09Z' }],
      ] as const;
      for (const [step, body] of steps) {
        for (const [, type, badBody] of bad.splice(0, 3)) publish(type, badBody, { headers: { n: jobId } });
        publish(`job:test:${step}`, { id: jobId, ...body });
      }
      for (const [, type, badBody] of bad) publish(type, badBody, { headers: { n: jobId } });
    }
    const of = (jobId: number): Promise<Row[]> =>
      database.query<Row>(`SELECT * FROM hub.parked_messages WHERE properties->'headers'->>'n' = $1 ORDER BY id`, [
        String(jobId),
      ]);
    for (const { jobId, buildId } of jobs) {
      await eventually(async () => expect(await of(jobId)).toHaveLength(10), { timeoutMs: 20_000 });
      const rows = await of(jobId);
      const expected = malformed(jobId).map(([reason, type, body]) => ({
        reason,
        type: type?.replace('\u0000', '') ?? null,
        text: Buffer.isBuffer(body) || typeof body === 'string' ? String(body) : JSON.stringify(body),
      }));
      const found = rows.map(({ reason, type, body }) => ({ reason, type, text: body.toString() }));
      expect(found).toEqual(expect.arrayContaining(expected));
      await eventually(async () => expect(await stateOf(jobId)).toBe('passed'));
      expect(await eventsOf(buildId)).toEqual([
        'job:received',
        'build:started',
        'job:started',
        'build:finished',
        'job:finished',
      ]);
    }
    expect((await channel.checkQueue(QUEUE)).messageCount).toBe(0);
  });
});

describe('messages of a job that is not there yet', () => {
  it('are parked, and applied in their order when its row appears', async () => {
    const jobId = await nextId();
    publish('job:test:receive', { id: jobId, received_at: '2021-01-01T00:00:00Z' });
    publish('job:test:start', { id: jobId, started_at: '2021-01-01T00:00:01Z' });
    publish('job:test:finish', { id: jobId, state: 'failed', finished_at: '2021-01-01T00:00:02Z' });
    const rows = await eventuallyParked(jobId, 3);
    expect(rows.map(({ reason, subject }) => `${reason} ${String(subject)}`)).toEqual(Array(3).fill('unknown_job job'));

    const retry = app.get(ParkedRetry);
    expect(await retry.runOnce()).toBe(0);
    const { buildId } = await createBuild(jobId);
    // Two rounds at once, as two replicas would have.
    const applied = await Promise.all([retry.runOnce(), retry.runOnce()]);
    expect(applied.toSorted()).toEqual([0, 3]);
    expect(await stateOf(jobId)).toBe('failed');
    expect(await eventsOf(buildId)).toEqual([
      'job:received',
      'build:started',
      'job:started',
      'build:finished',
      'job:finished',
    ]);
    expect((await parkedFor(jobId)).every(({ replayed_at }) => replayed_at !== null)).toBe(true);
    expect(await retry.runOnce()).toBe(0);
  });

  it('are not applied twice when the process died between applying and marking', async () => {
    const jobId = await nextId();
    publish('job:restart', { id: jobId });
    const [parked] = await eventuallyParked(jobId, 1);
    const { buildId } = await createBuild(jobId);
    await database.query(`UPDATE jobs SET state = 'passed', finished_at = now() WHERE id = $1`, [jobId]);
    await database.query(`UPDATE builds SET state = 'passed', finished_at = now() WHERE id = $1`, [buildId]);
    const replay = app.get(ParkedReplay);
    expect(await replay.replay(parked!.id)).toEqual({ kind: 'applied', outcome: { kind: 'changed' } });
    const events = await eventsOf(buildId);

    await database.query('UPDATE hub.parked_messages SET replayed_at = NULL WHERE id = $1', [parked!.id]);
    await database.query(`UPDATE jobs SET state = 'passed', finished_at = now() WHERE id = $1`, [jobId]);
    expect(await replay.replay(parked!.id)).toEqual({
      kind: 'applied',
      outcome: { kind: 'ignored', reason: 'redelivered' },
    });
    expect(await eventsOf(buildId)).toEqual(events);
  });

  it('stay parked when they are replayed too early, and are applied later all the same', async () => {
    const jobId = await nextId();
    publish('job:cancel', { id: jobId, reason: 'no longer wanted' });
    const [parked] = await eventuallyParked(jobId, 1);
    const replay = app.get(ParkedReplay);
    expect(await replay.replay(parked!.id)).toMatchObject({ kind: 'parked', reason: 'unknown_job' });
    expect((await parkedFor(jobId))[0]).toMatchObject({ attempts: 2, replayed_at: null });
    await createBuild(jobId);
    expect(await app.get(ParkedRetry).runOnce()).toBe(1);
    expect(await stateOf(jobId)).toBe('canceled');
  });
});

describe('for a person', () => {
  it('parked messages can be listed, shown and thrown away', async () => {
    const jobId = await nextId();
    publish('job:test:start', { id: jobId }, { timestamp: 1_600_000_000, headers: { raw: Buffer.from('x') } });
    const [row] = await eventuallyParked(jobId, 1);
    const parked = app.get(ParkedMessages);

    const listed = (await parked.list({ reason: 'unknown_job', after: row!.id - 1 })).map(({ id }) => id);
    expect(listed).toEqual([row!.id]);
    expect(await parked.show(row!.id)).toMatchObject({
      id: row!.id,
      source: 'rabbitmq',
      type: 'job:test:start',
      subjectId: jobId,
      body: Buffer.from(`{"id":${jobId}}`),
      properties: { timestamp: 1_600_000_000, routingKey: QUEUE, headers: { raw: { base64: 'eA==' } } },
      parkedAt: expect.any(Date),
      replayedAt: null,
    });
    expect(await parked.discard(row!.id)).toBe(true);
    expect(await parked.discard(row!.id)).toBe(false);
    expect(await parked.show(row!.id)).toBeUndefined();
    expect(await app.get(ParkedReplay).replay(row!.id)).toEqual({ kind: 'unavailable' });
  });
});
