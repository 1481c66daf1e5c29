import type { JobCommand } from '../../src/contracts/command';
import { Batcher, BatchRunner, ParkedMessages, ParkedReplay } from '../../src/intake';
import { ParkedRetry } from '../../src/intake/parked/parked-retry';
import { eventually } from '../support';
import { IntakeScene } from './intake-scene';

let hub: IntakeScene;

beforeAll(async () => {
  // Its rounds are run by the tests, each when it is due, and not by the clock as well.
  jest.spyOn(ParkedRetry.prototype, 'start').mockReturnValue();
  hub = await IntakeScene.open();
});
afterAll(() => hub.close());

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
  hub.database.query<Row>('SELECT * FROM hub.parked_messages WHERE subject_id = $1 ORDER BY id', [jobId]);

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
    const jobs = await Promise.all(Array.from({ length: 10 }, async () => hub.createBuild(await hub.nextId())));
    for (const { jobId } of jobs) {
      const bad = [...malformed(jobId)];
      const steps = [
        ['receive', { state: 'received', received_at: '2021-01-01T00:00:00Z' }],
        ['start', { state: 'started', started_at: '2021-01-01T00:00:01Z' }],
        ['finish', { state: 'passed', finished_at: '2021-01-01T00:00:09Z' }],
      ] as const;
      for (const [step, body] of steps) {
        for (const [, type, badBody] of bad.splice(0, 3)) hub.publish(type, badBody, { headers: { n: jobId } });
        hub.publish(`job:test:${step}`, { id: jobId, ...body });
      }
      for (const [, type, badBody] of bad) hub.publish(type, badBody, { headers: { n: jobId } });
    }
    const of = (jobId: number): Promise<Row[]> =>
      hub.database.query<Row>(`SELECT * FROM hub.parked_messages WHERE properties->'headers'->>'n' = $1 ORDER BY id`, [
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
      await eventually(async () => expect(await hub.stateOf(jobId)).toBe('passed'));
      expect(await hub.eventsOf(buildId)).toEqual([
        'job:received',
        'build:started',
        'job:started',
        'build:finished',
        'job:finished',
      ]);
    }
    expect(await hub.waiting()).toBe(0);
  });
});

describe('messages of a job that is not there yet', () => {
  it('are parked, and applied in their order when its row appears', async () => {
    const jobId = await hub.nextId();
    hub.publish('job:test:receive', { id: jobId, received_at: '2021-01-01T00:00:00Z' });
    hub.publish('job:test:start', { id: jobId, started_at: '2021-01-01T00:00:01Z' });
    hub.publish('job:test:finish', { id: jobId, state: 'failed', finished_at: '2021-01-01T00:00:02Z' });
    const rows = await eventuallyParked(jobId, 3);
    expect(rows.map(({ reason, subject }) => `${reason} ${String(subject)}`)).toEqual(Array(3).fill('unknown_job job'));

    const retry = hub.app.get(ParkedRetry);
    expect(await retry.runOnce()).toBe(0);
    const { buildId } = await hub.createBuild(jobId);
    // Two rounds at once, as two replicas would have.
    const applied = await Promise.all([retry.runOnce(), retry.runOnce()]);
    expect(applied.toSorted()).toEqual([0, 3]);
    expect(await hub.stateOf(jobId)).toBe('failed');
    expect(await hub.eventsOf(buildId)).toEqual([
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
    const jobId = await hub.nextId();
    hub.publish('job:restart', { id: jobId });
    const [parked] = await eventuallyParked(jobId, 1);
    const { buildId } = await hub.createBuild(jobId);
    await hub.database.query(`UPDATE jobs SET state = 'passed', finished_at = now() WHERE id = $1`, [jobId]);
    await hub.database.query(`UPDATE builds SET state = 'passed', finished_at = now() WHERE id = $1`, [buildId]);
    const replay = hub.app.get(ParkedReplay);
    expect(await replay.replay(parked!.id)).toMatchObject({ kind: 'applied', outcome: { kind: 'changed' } });
    const events = await hub.eventsOf(buildId);

    await hub.database.query('UPDATE hub.parked_messages SET replayed_at = NULL WHERE id = $1', [parked!.id]);
    await hub.database.query(`UPDATE jobs SET state = 'passed', finished_at = now() WHERE id = $1`, [jobId]);
    expect(await replay.replay(parked!.id)).toMatchObject({
      kind: 'applied',
      outcome: { kind: 'ignored', reason: 'redelivered' },
    });
    expect(await hub.eventsOf(buildId)).toEqual(events);
  });

  it('stay parked when they are replayed too early, and are applied later all the same', async () => {
    const jobId = await hub.nextId();
    hub.publish('job:cancel', { id: jobId, reason: 'no longer wanted' });
    const [parked] = await eventuallyParked(jobId, 1);
    const replay = hub.app.get(ParkedReplay);
    expect(await replay.replay(parked!.id)).toMatchObject({ kind: 'parked', reason: 'unknown_job' });
    expect((await parkedFor(jobId))[0]).toMatchObject({ attempts: 2, replayed_at: null });
    await hub.createBuild(jobId);
    expect(await hub.app.get(ParkedRetry).runOnce()).toBe(1);
    expect(await hub.stateOf(jobId)).toBe('canceled');
  });
});

describe('messages of a job whose build is gone', () => {
  it('are parked once, and neither tried for ever nor in the way of others', async () => {
    const { jobId, buildId } = await hub.createBuild(await hub.nextId());
    await hub.database.query('DELETE FROM builds WHERE id = $1', [buildId]);
    const other = await hub.createBuild(await hub.nextId());
    const batcher = hub.app.get(Batcher);
    const command = (id: number): JobCommand => ({ subject: 'job', name: 'start', id, data: {} });
    const runs = jest.spyOn(hub.app.get(BatchRunner), 'run');
    await Promise.all([
      expect(batcher.submit(command(jobId))).rejects.toMatchObject({ reason: 'unknown_job' }),
      expect(batcher.submit(command(other.jobId))).resolves.toMatchObject({ kind: 'changed' }),
    ]);
    expect(runs).toHaveBeenCalledTimes(1);
    runs.mockRestore();

    hub.publish('job:test:start', { id: jobId });
    await eventuallyParked(jobId, 1);
    expect(await hub.app.get(ParkedRetry).runOnce()).toBe(0);
    expect((await parkedFor(jobId))[0]).toMatchObject({ reason: 'unknown_job', attempts: 1 });
  });
});

describe('for a person', () => {
  it('parked messages can be listed, shown and thrown away', async () => {
    const jobId = await hub.nextId();
    hub.publish('job:test:start', { id: jobId }, { timestamp: 1_600_000_000, headers: { raw: Buffer.from('x') } });
    const [row] = await eventuallyParked(jobId, 1);
    const parked = hub.app.get(ParkedMessages);

    const listed = (await parked.list({ reason: 'unknown_job', after: row!.id - 1 })).map(({ id }) => id);
    expect(listed).toEqual([row!.id]);
    expect(await parked.show(row!.id)).toMatchObject({
      id: row!.id,
      source: 'rabbitmq',
      type: 'job:test:start',
      subjectId: jobId,
      body: Buffer.from(`{"id":${jobId}}`),
      properties: {
        timestamp: 1_600_000_000,
        routingKey: 'reporting.jobs.builds',
        headers: { raw: { base64: 'eA==' } },
      },
      parkedAt: expect.any(Date),
      replayedAt: null,
    });
    expect(await parked.discard(row!.id)).toBe(true);
    expect(await parked.discard(row!.id)).toBe(false);
    expect(await parked.show(row!.id)).toBeUndefined();
    expect(await hub.app.get(ParkedReplay).replay(row!.id)).toEqual({ kind: 'unavailable' });
  });
});
