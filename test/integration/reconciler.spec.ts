import { CONFIG, type Config } from '../../src/config';
import { DatabaseState, Transactions } from '../../src/database';
import { Doctor } from '../../src/doctor';
import { Batcher, normaliseMessage } from '../../src/intake';
import { Reconciler, type ReconcilerPass } from '../../src/sweeper';
import { eventually } from '../support';
import { insertPast, rowsOfPublic } from '../support/travis-past';
import { buildBody, startApiApp, type ApiApp } from './api-app';

describe('the look for what is wrong, every few minutes,', () => {
  let hub: ApiApp;
  let reconciler: Reconciler;

  beforeEach(async () => {
    hub = await startApiApp({ HUB_DOCTOR_MINUTES: '0' });
    reconciler = soon(replica());
  });
  afterEach(() => hub.close());

  function soon(one: Reconciler): Reconciler {
    one.secondLookMs = 1;
    return one;
  }
  /** As if the last look was longer ago than it takes for the next one. */
  const letTurnCome = (on = hub) =>
    on.database.query(
      `INSERT INTO hub.sweeps VALUES ('doctor', (clock_timestamp() AT TIME ZONE 'UTC') - interval '1 hour')
       ON CONFLICT (name) DO UPDATE SET last_at = excluded.last_at`,
    );
  const pass = async (): Promise<ReconcilerPass | null> => {
    await letTurnCome();
    return reconciler.runOnce();
  };
  const stateOf = async (id: number) =>
    (await hub.rows<{ state: string }>('SELECT state FROM builds WHERE id = $1', id))[0]?.state;

  /** A build that has passed but whose row says that it still runs. */
  async function stuckBuild(): Promise<number> {
    const { body } = await hub.post('/api/builds', buildBody());
    const { id, jobs } = body as { id: number; jobs: { id: number }[] };
    const finish = normaliseMessage('job:finish', { id: jobs[0]?.id, state: 'passed' });
    await hub.app.get(Batcher, { strict: false }).submit(finish);
    await hub.database.query(`UPDATE builds SET state = 'started', finished_at = NULL WHERE id = $1`, [id]);
    await hub.database.query(`UPDATE repositories SET last_build_state = 'started' WHERE last_build_id = $1`, [id]);
    return id;
  }

  it('mends what it finds', async () => {
    const id = await stuckBuild();
    expect(await pass()).toMatchObject({ first: false, left: 0 });
    expect(await stateOf(id)).toBe('passed');
    expect(await pass()).toEqual({ first: false, found: 0, mended: 0, left: 0 });
  });

  it('only reports when it looks for the first time', async () => {
    const id = await stuckBuild();
    expect(await reconciler.runOnce()).toMatchObject({ first: true, mended: 0 });
    expect(await stateOf(id)).toBe('started');
    // Not due yet.
    expect(await reconciler.runOnce()).toBeNull();
    expect(await pass()).toMatchObject({ first: false });
    expect(await stateOf(id)).toBe('passed');
  });

  it('leaves alone what is wrong only for a moment', async () => {
    const id = await stuckBuild();
    const doctor = hub.app.get(Doctor, { strict: false });
    const examine = doctor.examine.bind(doctor);
    jest.spyOn(doctor, 'examine').mockImplementationOnce(async (...what) => {
      const found = await examine(...what);
      await hub.database.query(`UPDATE builds SET state = 'passed', finished_at = now() WHERE id = $1`, [id]);
      await hub.database.query(`UPDATE repositories SET last_build_state = 'passed' WHERE last_build_id = $1`, [id]);
      return found;
    });
    expect(await pass()).toEqual({ first: false, found: 0, mended: 0, left: 0 });
  });

  it('is made by one of several replicas', async () => {
    const other = soon(replica());
    for (const come of [() => hub.database.query('DELETE FROM hub.sweeps'), letTurnCome]) {
      await come();
      const passes = await Promise.all([reconciler.runOnce(), other.runOnce()]);
      expect(passes.filter((one) => one !== null)).toHaveLength(1);
    }
  });

  it('goes on by itself', async () => {
    const id = await stuckBuild();
    await letTurnCome();
    const other = soon(replica({ doctor: { everyMs: 20, most: 10 } }));
    other.onApplicationBootstrap();
    try {
      await eventually(async () => expect(await stateOf(id)).toBe('passed'));
    } finally {
      await other.beforeApplicationShutdown();
    }
  });

  it('is not made at all when that is switched off', async () => {
    const other = replica({ doctor: { everyMs: 0, most: 10 } });
    const waited = jest.spyOn(hub.app.get(DatabaseState), 'becameReady');
    other.onApplicationBootstrap();
    expect(waited).not.toHaveBeenCalled();
    await other.beforeApplicationShutdown();
    waited.mockRestore();
  });

  it('finds and touches nothing of the past of a Travis database, whatever state that is in', async () => {
    const travis = await startApiApp({ HUB_DOCTOR_MINUTES: '60' }, { travis: true });
    try {
      await insertPast(travis.database, 'http://127.0.0.1:9/');
      const before = await rowsOfPublic(travis.database);
      const own = soon(travis.app.get(Reconciler, { strict: false }));
      await letTurnCome(travis);
      expect(await own.runOnce()).toEqual({ first: false, found: 0, mended: 0, left: 0 });
      expect(await travis.app.get(Doctor, { strict: false }).examine('all', 100)).toEqual([]);
      expect(await rowsOfPublic(travis.database)).toEqual(before);
    } finally {
      await travis.close();
    }
  });

  function replica(changes: object = {}): Reconciler {
    const config = { ...hub.app.get<Config>(CONFIG), doctor: { everyMs: 300_000, most: 10 }, ...changes };
    const doctor = hub.app.get(Doctor, { strict: false });
    return new Reconciler(doctor, hub.app.get(Transactions), hub.app.get(DatabaseState), config);
  }
});
