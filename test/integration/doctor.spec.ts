import { Batcher, normaliseMessage } from '../../src/intake';
import { Doctor, type Cure, type Finding } from '../../src/doctor';
import { ParkedRetry } from '../../src/intake/parked/parked-retry';
import { DAMAGES, type Course, type Patient } from '../support/damage';
import { buildBody, startApiApp, type ApiApp } from './api-app';

const ROUNDS = 5;

describe('the doctor', () => {
  let hub: ApiApp;
  let doctor: Doctor;

  beforeAll(async () => {
    // Nobody mends anything by himself here, and nothing is delivered.
    hub = await startApiApp({ HUB_CHANNELS: 'webhook=off', HUB_DOCTOR_MINUTES: '0' });
    await hub.app.get(ParkedRetry, { strict: false }).stop();
    doctor = hub.app.get(Doctor, { strict: false });
  });
  afterAll(() => hub.close());

  const send = (type: string, id: number, state?: string) =>
    hub.app.get(Batcher, { strict: false }).submit(normaliseMessage(type, { id, ...(state && { state }) }));
  const look = ({ buildId }: Patient) => doctor.examine({ buildId }, 100);
  const events = async ({ buildId }: Patient, after: number) =>
    (
      await hub.rows<{ name: string }>(
        `SELECT name FROM hub.events WHERE build_id = $1 AND seq > $2 AND name <> 'event:lost' ORDER BY seq`,
        buildId,
        after,
      )
    ).map(({ name }) => name);
  const lastSeq = async ({ buildId }: Patient) =>
    (await hub.rows<{ last_seq: number }>('SELECT last_seq FROM hub.builds WHERE build_id = $1', buildId))[0]
      ?.last_seq ?? 0;

  /** A build of two stages that came so far by itself. */
  async function patient(course: Course): Promise<Patient> {
    const stages = [{ jobs: [{}, {}] }, { jobs: [{}] }];
    const { body } = await hub.post('/api/builds', buildBody({ jobs: undefined, stages }));
    const { id: buildId } = body as { id: number };
    const rows = await hub.rows<{ id: number }>('SELECT id FROM jobs WHERE source_id = $1 ORDER BY id', buildId);
    const jobIds = rows.map(({ id }) => id) as unknown as Patient['jobIds'];
    const stageIds = (
      await hub.rows<{ id: number }>('SELECT id FROM stages WHERE build_id = $1 ORDER BY id', buildId)
    ).map(({ id }) => id) as unknown as Patient['stageIds'];
    const [build] = await hub.rows<{ repository_id: number }>(
      'SELECT repository_id FROM builds WHERE id = $1',
      buildId,
    );
    if (course !== 'created') for (const id of jobIds.slice(0, 2)) await send('job:start', id);
    if (course === 'passed' || course === 'failed') {
      for (const id of jobIds) await send('job:finish', id, id === jobIds[2] ? course : 'passed');
    }
    return { buildId, jobIds, stageIds, repositoryId: build?.repository_id ?? 0 };
  }

  /** Mends until nothing is left that can be mended, as `doctor --fix` does. */
  async function mendAll(sick: Patient): Promise<readonly Cure[]> {
    const cures: Cure[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const findings = (await look(sick)).filter(({ mend }) => mend);
      for (const finding of findings) cures.push(await doctor.mend(finding));
    }
    return cures;
  }

  it.each(['created', 'running', 'passed', 'failed'] as const)(
    'finds nothing wrong with a build that is %s',
    async (course) => {
      expect(await look(await patient(course))).toEqual([]);
    },
  );

  it('knows more than twenty kinds of damage', () => {
    expect(DAMAGES.length).toBeGreaterThan(20);
  });

  describe('finds and mends', () => {
    it.each(DAMAGES)('$name', async ({ course, plant, checks, well, toldOnly, told = [] }) => {
      const sick = await patient(course);
      const before = await lastSeq(sick);
      await plant(hub.database, sick);
      const found = await look(sick);
      expect(found.map(({ check }) => check)).toEqual(expect.arrayContaining([...checks]));
      for (const { text } of found) expect(text).toMatch(/^[A-Z].*\.$/s);
      const [ill] = await hub.rows<{ well: boolean }>(well, sick.buildId);
      expect(ill?.well === true).toBe(toldOnly === true);

      await mendAll(sick);

      expect(await look(sick)).toEqual([]);
      expect(await hub.rows(well, sick.buildId)).toEqual([{ well: true }]);
      expect((await events(sick, before)).sort()).toEqual([...told].sort());
    });
  });

  it('tells people of what it mends like of any change, numbered on from the last event', async () => {
    const sick = await patient('passed');
    const before = await lastSeq(sick);
    await hub.database.query(`UPDATE builds SET state = 'started', finished_at = NULL WHERE id = $1`, [sick.buildId]);
    await mendAll(sick);
    const [event] = await hub.rows<{ seq: number; state: string; command: string }>(
      `SELECT seq, snapshot #>> '{build,state}' AS state, snapshot #>> '{cause,command}' AS command
         FROM hub.events WHERE build_id = $1 ORDER BY seq DESC LIMIT 1`,
      sick.buildId,
    );
    expect(event).toEqual({ seq: before + 1, state: 'passed', command: 'build:reconcile' });
  });

  it('leaves a build alone to which something has happened since it was looked at', async () => {
    const sick = await patient('running');
    await hub.database.query(`UPDATE builds SET state = 'errored' WHERE id = $1`, [sick.buildId]);
    const stale = { subject: 'build', name: 'reconcile', id: sick.buildId, data: {}, seenSeq: 1 } as const;
    const outcome = await hub.app
      .get(Batcher, { strict: false })
      .submit({ ...stale, untoldJobs: [], untoldBuild: true, unqueueable: [] });
    expect(outcome).toMatchObject({ kind: 'ignored', reason: 'changed_meanwhile' });
    expect(await hub.rows('SELECT state FROM builds WHERE id = $1', sick.buildId)).toEqual([{ state: 'errored' }]);
  });

  it('looks only at builds of which Hub has told: the past of a database is none of its business', async () => {
    const sick = await patient('passed');
    await hub.database.query(`UPDATE builds SET state = 'started' WHERE id = $1`, [sick.buildId]);
    await hub.database.query('UPDATE hub.builds SET last_seq = 0 WHERE build_id = $1', [sick.buildId]);
    expect(await look(sick)).toEqual([]);
    expect((await doctor.examine('all', 100)).filter(({ buildId }) => buildId === sick.buildId)).toEqual([]);
  });

  it('gives advice on what only a person can mend', async () => {
    const sick = await patient('running');
    await hub.database.query(
      `INSERT INTO hub.deliveries (event_id, channel, fingerprint, target, next_attempt_at)
       SELECT id, 'gone', 'none', 'nobody', (clock_timestamp() AT TIME ZONE 'UTC') - interval '1 hour'
         FROM hub.events WHERE build_id = $1 ORDER BY seq LIMIT 1`,
      [sick.buildId],
    );
    const [finding] = (await look(sick)).filter(({ check }) => check === 'delivery-overdue') as [Finding];
    expect(finding.text).toMatch(/\(gone\) has been due since .* Switch it on, or leave it\.$/);
    expect(await doctor.mend(finding)).toEqual({ kind: 'advice' });
  });
});
