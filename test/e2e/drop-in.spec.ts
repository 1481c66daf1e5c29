import { eventually } from '../support';
import { catalogOf } from '../support/catalog';
import { compileHub } from '../support/hub-process';
import { insertBuild, type BuildRows } from '../support/rows';
import { PAST, rowsOfPublic } from '../support/travis-past';
import { TravisScene } from '../support/travis-scene';

const HALF_PAST_ONE = '2026-11-01T05:30:00Z';
const HALF_PAST_ONE_AGAIN = '2026-11-01T06:30:00Z';

describe.each([
  { way: 'straight', pgbouncer: false },
  { way: 'through PgBouncer in transaction mode', pgbouncer: true },
])('Hub on an existing Travis database, $way', ({ pgbouncer }) => {
  let scene: TravisScene;
  let catalog: string[];
  let past: Map<string, string>;

  beforeAll(async () => {
    compileHub();
    scene = await TravisScene.open({ pgbouncer });
    catalog = await catalogOf(scene.database, 'public');
    past = await rowsOfPublic(scene.database);
    await scene.startHubs();
  }, 60_000);
  afterAll(() => scene?.close());

  it('makes schema hub, and leaves every row of the catalog of public alone', async () => {
    expect(catalog.length).toBeGreaterThan(800);
    expect(await scene.database.query(`SELECT count(*) > 5 AS some FROM pg_tables WHERE schemaname = 'hub'`)).toEqual([
      { some: true },
    ]);
    expect(await catalogOf(scene.database, 'public')).toEqual(catalog);
  });

  describe('with messages about new jobs and about a few of the old ones', () => {
    const [running, alsoRunning] = PAST.runningJobs;
    let build: BuildRows;
    let early: number;
    /** Everything, before the first message that applies. */
    let placed: Map<string, string>;

    it('does what they say', async () => {
      early = await nextId();
      await scene.publish(['job:test:receive', { id: early, state: 'received' }]);
      await eventually(async () =>
        expect(await scene.database.query('SELECT subject_id AS id FROM hub.parked_messages')).toEqual([{ id: early }]),
      );
      const config = { notifications: { webhooks: { urls: [scene.sink.url], on_start: 'always' } } };
      build = await insertBuild(scene.database, { jobs: 2, repositoryId: PAST.busyRepository, config });
      await insertEarlyJob();
      placed = await rowsOfPublic(scene.database);
      const [one, two] = build.jobIds;
      await scene.publish(
        ['job:test:receive', { id: one, state: 'received', received_at: '2026-03-01T00:00:00Z' }],
        ['job:test:start', { id: one, state: 'started', started_at: '2026-03-01T00:00:01Z' }],
        // The hour that New York had twice.
        ['job:test:start', { id: two, state: 'started', received_at: HALF_PAST_ONE, started_at: HALF_PAST_ONE_AGAIN }],
      );
      // Replicas share the queue: what comes together may be applied in any order.
      await eventually(async () => expect(await stateOf('jobs', build.jobIds)).toEqual(['started', 'started']));
      await scene.publish(
        ['job:test:finish', { id: one, state: 'passed', finished_at: '2026-03-01T00:00:05Z' }],
        ['job:cancel', { id: String(two), user_id: 1, source: 'api' }],
        ['job:test:finish', { id: running, state: 'passed', finished_at: '2026-03-01T00:00:07Z' }],
        ['job:test:finish', { id: alsoRunning, state: 'failed', finished_at: '2026-03-01T00:00:09Z' }],
        ['job:restart', { id: String(PAST.failedJob), user_id: 1, source: 'api' }],
      );
      await settled();
      await haveLoopsProveThemselves();
      expect(await scene.stopHubs()).toEqual(scene.hubs.map(() => 0));

      const jobs = [...build.jobIds, early, ...PAST.runningJobs, PAST.failedJob];
      expect(await stateOf('jobs', jobs)).toEqual(['passed', 'canceled', 'received', 'passed', 'failed', 'created']);
      const builds = [build.buildId, PAST.runningBuild, PAST.failedBuild];
      expect(await stateOf('builds', builds)).toEqual(['canceled', 'failed', 'created']);
      expect(await scene.database.query('SELECT * FROM hub.parked_messages WHERE replayed_at IS NULL')).toEqual([]);
      expect(scene.announcedBuilds()).toEqual([PAST.runningBuild, build.buildId]);
      expect(scene.commands).toMatchObject([{ type: 'cancel_job', job_id: build.jobIds[1] }]);
    }, 60_000);

    it('keeps times in UTC, whatever the zones of server and process', async () => {
      const columns = `received_at::text, started_at::text, finished_at::text,
        abs(extract(epoch FROM (now() AT TIME ZONE 'UTC') - updated_at)) < 300 AS updated_just_now`;
      const jobs = `SELECT ${columns} FROM jobs WHERE id = ANY ($1) ORDER BY id`;
      expect(await scene.database.query(jobs, [build.jobIds])).toEqual([
        // Its receive may have come after its start, to the other replica, and said nothing new.
        expect.objectContaining({
          started_at: '2026-03-01 00:00:01',
          finished_at: '2026-03-01 00:00:05',
          updated_just_now: true,
        }),
        expect.objectContaining({
          received_at: '2026-11-01 05:30:00',
          started_at: '2026-11-01 06:30:00',
          updated_just_now: true,
        }),
      ]);
      const [event] = await scene.database.query(
        `SELECT abs(extract(epoch FROM (now() AT TIME ZONE 'UTC') - at)) < 300 AS just_now, snapshot -> 'job' AS job
           FROM hub.events WHERE name = 'job:canceled' AND job_id = $1`,
        [build.jobIds[1]],
      );
      expect(event).toMatchObject({ just_now: true, job: { started_at: '2026-11-01T06:30:00.000Z' } });
    });

    it('leaves all other rows of the past as they were, to the last bit', async () => {
      const now = await rowsOfPublic(scene.database);
      const changed = [...past.keys()].filter((key) => now.get(key) !== past.get(key));
      expect(past.size).toBeGreaterThan(60);
      expect(changed.sort()).toEqual(
        [
          `builds ${PAST.failedBuild}`,
          `builds ${PAST.runningBuild}`,
          `jobs ${PAST.failedJob}`,
          `jobs ${running}`,
          `jobs ${alsoRunning}`,
          `repositories ${PAST.busyRepository}`,
          `stages ${PAST.failedBuild}`,
          `stages ${PAST.runningBuild}`,
        ].sort(),
      );
      const added = [...now].filter(([key]) => !placed.has(key)).map(([key]) => key.split(' ')[0]);
      expect(added.sort()).toEqual(['job_versions', 'queueable_jobs']);
    });

    it('has events, notes and deliveries of the builds that messages were about, and of no other', async () => {
      const builds = [build.buildId, PAST.runningBuild, PAST.failedBuild].sort((a, b) => a - b);
      const [{ early_build: earlyBuild } = { early_build: 0 }] = await scene.database.query<{ early_build: number }>(
        'SELECT source_id AS early_build FROM jobs WHERE id = $1',
        [early],
      );
      const all = [...builds, earlyBuild].sort((a, b) => a - b);
      expect(await idsIn('SELECT build_id AS id FROM hub.events')).toEqual(all);
      expect(await idsIn('SELECT build_id AS id FROM hub.builds')).toEqual(all);
      const jobs = new Set([...build.jobIds, early, running, alsoRunning, PAST.failedJob]);
      for (const sql of [
        'SELECT job_id AS id FROM hub.jobs',
        'SELECT job_id AS id FROM hub.job_runs',
        'SELECT job_id AS id FROM hub.deliveries WHERE job_id IS NOT NULL',
      ])
        expect((await idsIn(sql)).filter((id) => !jobs.has(id))).toEqual([]);
      expect(
        await idsIn('SELECT e.build_id AS id FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id'),
      ).toEqual([PAST.runningBuild, build.buildId]);
    });

    it('still has the catalog of public as it was', async () => {
      expect(await catalogOf(scene.database, 'public')).toEqual(catalog);
    });

    /** A job that a message came too early for: its build belongs to nobody's repository. */
    async function insertEarlyJob(): Promise<void> {
      const buildId = await nextId();
      await scene.database.query(
        `INSERT INTO builds (id, number, state, created_at, updated_at) VALUES ($1, '1', 'created', now(), now())`,
        [buildId],
      );
      await scene.database.query(
        `INSERT INTO jobs (id, source_type, source_id, state, created_at, updated_at) VALUES ($1, 'Build', $2, 'created', now(), now())`,
        [early, buildId],
      );
    }

    /** Everything that Hub does by itself is seen to have been done, in the first life of the replicas or in the next. */
    async function haveLoopsProveThemselves(): Promise<void> {
      await scene.stopHubs();
      // What retention is to delete, and what the sweep of the planner is to find.
      await scene.database.query(
        `INSERT INTO hub.events (build_id, seq, name, at, snapshot, planned_at)
         VALUES (-1, 1, 'build:created', now() - interval '1 year', '{}', now())`,
      );
      await scene.database.query(
        `UPDATE hub.events SET planned_at = NULL WHERE build_id = $1 AND name = 'job:received'`,
        [build.buildId],
      );
      await scene.startHubs();
      await settled();
      await eventually(async () => expect(await idsIn('SELECT build_id AS id FROM hub.events')).not.toContain(-1));
    }
  });

  /** Nothing waits any more: no message, no parked one, no event, no delivery that can be made. */
  async function settled(): Promise<void> {
    await scene.broker.drained('reporting.jobs.builds');
    await eventually(
      async () => {
        const waiting = await scene.database.query(
          `SELECT id FROM hub.events WHERE planned_at IS NULL
           UNION ALL SELECT id FROM hub.deliveries WHERE state = 'pending'
           UNION ALL SELECT id FROM hub.parked_messages WHERE replayed_at IS NULL`,
        );
        expect(waiting).toEqual([]);
      },
      { timeoutMs: 30_000 },
    );
  }

  async function nextId(): Promise<number> {
    const [row] = await scene.database.query<{ id: number }>(`SELECT nextval('shared_builds_tasks_seq') AS id`);
    return row?.id ?? 0;
  }

  async function stateOf(table: 'builds' | 'jobs', ids: readonly number[]): Promise<(string | null)[]> {
    const rows = await scene.database.query<{ state: string | null }>(
      `SELECT state FROM ${table} WHERE id = ANY ($1) ORDER BY array_position($1::bigint[], id)`,
      [ids],
    );
    return rows.map(({ state }) => state);
  }

  async function idsIn(sql: string): Promise<number[]> {
    const rows = await scene.database.query<{ id: number }>(`SELECT DISTINCT id FROM (${sql}) s ORDER BY id`);
    return rows.map(({ id }) => id);
  }
});
