import { Client } from 'pg';
import { eventually } from '../support';
import { ROUNDS } from '../support/fleet-story';
import { compileHub } from '../support/hub-process';
import { OtherServices, type Shared } from '../support/other-services';
import { publishRound } from '../support/publish-round';
import { insertBuild } from '../support/rows';
import { endsOf, insertStories, readEnds } from '../support/story-builds';
import { PAST } from '../support/travis-past';
import { QUEUE, TravisScene } from '../support/travis-scene';

const BUILDS_PER_STORY = 2;

describe.each([
  { way: 'straight', pgbouncer: false },
  { way: 'through PgBouncer in transaction mode', pgbouncer: true },
])('Hub beside the other services of a Travis installation, $way', ({ pgbouncer }) => {
  let scene: TravisScene;

  beforeAll(async () => {
    compileHub();
    scene = await TravisScene.open({ pgbouncer });
    await scene.startHubs();
  }, 60_000);
  afterAll(() => scene?.close());

  it('overwrites nothing that they write into the same rows, and gets every state right', async () => {
    const builds = await insertStories(scene.database, BUILDS_PER_STORY, PAST.busyRepository);
    const buildIds = builds.map(({ rows }) => rows.buildId);
    const shared: Shared[] = [
      ['repositories', PAST.busyRepository],
      ...builds.flatMap(({ rows }): Shared[] => [
        ['builds', rows.buildId],
        ...rows.stageIds.map((id): Shared => ['stages', id]),
        ...rows.jobIds.map((id): Shared => ['jobs', id]),
      ]),
    ];
    const others = await OtherServices.during(scene.database.url, buildIds, shared, async (at) => {
      for (let round = 0; round < ROUNDS; round++) {
        // A job is queued before a worker can take it; Hub makes jobs ready to be queued while messages flow.
        await at.schedule();
        await publishRound(scene.channel, QUEUE, builds, round);
        await scene.broker.drained(QUEUE);
      }
    });
    expect(await others.lost(scene.database)).toEqual([]);
    expect(others.written).toBeGreaterThan(10 * shared.length);

    const stored = await scene.database.query<{ id: number; queued_at: string | null }>(
      'SELECT id, queued_at::text FROM jobs WHERE source_id = ANY ($1) ORDER BY id',
      [buildIds],
    );
    expect(stored.map(({ queued_at }) => queued_at)).toEqual(stored.map(({ id }) => others.queuedAt.get(id) ?? null));
    expect(others.queuedAt.size).toBeGreaterThan(buildIds.length);
    expect(await readEnds(scene.database, builds)).toEqual(endsOf(builds));
  }, 60_000);

  it('holds up nobody who adds rows that refer to a build or repository it is working on', async () => {
    const { buildId, jobIds } = await insertBuild(scene.database, { jobs: 1, repositoryId: PAST.busyRepository });
    const holder = new Client({ connectionString: scene.database.url });
    // Not the same connection: two that wait for each other would have one of them given up, and the test none the wiser.
    const somebody = new Client({ connectionString: scene.database.url, lock_timeout: 500 });
    await Promise.all([holder.connect(), somebody.connect()]);
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM jobs WHERE id = $1 FOR UPDATE', [jobIds[0]]);
      await scene.publish(['job:test:start', { id: jobIds[0], state: 'started', started_at: '2026-03-01T00:00:01Z' }]);
      // Hub holds the build and its repository now, and waits for the job.
      await eventually(async () => {
        const { rowCount } = await holder.query(
          'SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))',
        );
        expect(rowCount).toBe(1);
      });
      await expect(lockNow('builds', buildId)).rejects.toThrow(/could not obtain lock/);
      await expect(lockNow('repositories', PAST.busyRepository)).rejects.toThrow(/could not obtain lock/);
      await somebody.query(`INSERT INTO stages (build_id, number) VALUES ($1, 9)`, [buildId]);
      await somebody.query(
        `INSERT INTO branches (repository_id, name, created_at, updated_at) VALUES ($1, 'next', now(), now())`,
        [PAST.busyRepository],
      );
      await somebody.query(`UPDATE branches SET last_build_id = $1 WHERE name = 'next'`, [buildId]);
      await holder.query('COMMIT');
    } finally {
      await Promise.all([holder.end(), somebody.end()]);
    }
    await eventually(async () =>
      expect(await scene.database.query('SELECT state FROM builds WHERE id = $1', [buildId])).toEqual([
        { state: 'started' },
      ]),
    );
  });

  const lockNow = (table: string, id: number) =>
    scene.database.query(`SELECT FROM ${table} WHERE id = $1 FOR NO KEY UPDATE NOWAIT`, [id]);
});
