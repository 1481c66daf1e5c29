import { Client } from 'pg';
import type { DatabaseConfig } from '../../src/config';
import { HubDataSource } from '../../src/database/data-source';
import { migrate, pendingMigrations, revertLastMigration } from '../../src/database/migrate';
import { MIGRATIONS } from '../../src/database/schema';
import { timestampText } from '../../src/database/time';
import { Transactions } from '../../src/database/transaction';
import { Build } from '../../src/builds/build.entity';
import { Job } from '../../src/jobs/job.entity';
import { startPostgres, type PostgresServer } from './postgres-server';

/** The oldest that is supported, the one in Debian stable of today, the newest. */
const VERSIONS = ['12.22.0-beta.15', '15.18.0-beta.17', '18.4.0-beta.17'];
const INSTALL_AND_START_MS = 180_000;

describe.each(VERSIONS)('on PostgreSQL %s', (version) => {
  let server: PostgresServer;
  let database: DatabaseConfig;
  let dataSource: HubDataSource;

  beforeAll(async () => {
    server = await startPostgres(version);
    await query(server.url, 'CREATE DATABASE hub');
    database = { url: server.url.replace(/postgres$/, 'hub'), pool: 4 };
    await Promise.all([1, 2, 3, 4].map(() => migrate(database)));
    dataSource = await new HubDataSource(database).initialize();
  }, INSTALL_AND_START_MS);
  afterAll(async () => {
    await dataSource.destroy();
    await server.stop();
  });

  it('runs on this version indeed', async () => {
    expect(await query(database.url, 'SHOW server_version')).toEqual([
      {
        server_version: expect.stringMatching(
          new RegExp(`^${version.split('.').slice(0, 2).join('\\.')}\\b`),
        ) as string,
      },
    ]);
  });

  it('migrates, though four replicas start at once', async () => {
    expect(await pendingMigrations(database)).toEqual([]);
    expect(await query(database.url, 'SELECT name FROM hub.migrations ORDER BY id')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it('locks, writes sets of rows, skips locked ones, and keeps UTC on a server in Tokyo', async () => {
    const at = new Date('2021-03-14T02:30:00.123Z');
    const { manager } = dataSource;
    const build = await manager.save(manager.create(Build, { number: '1', createdAt: at, updatedAt: at }));
    const jobs = await manager.save(
      [1, 2, 3].map((n) => manager.create(Job, { sourceId: build.id, number: `1.${n}`, createdAt: at, updatedAt: at })),
    );
    const ids = jobs.map(({ id }) => id);
    const transactions = new Transactions(dataSource);
    await transactions.run(async (tx) => {
      await tx.query('SELECT FROM builds WHERE id = $1 FOR NO KEY UPDATE', [build.id]);
      await tx.query('SELECT FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
      await tx.query(
        `UPDATE jobs SET state = new.state, started_at = new.started_at
           FROM unnest($1::bigint[], $2::varchar[], $3::timestamp[]) AS new (id, state, started_at) WHERE jobs.id = new.id`,
        [ids, ids.map(() => 'started'), ids.map(() => timestampText(at))],
      );
      await tx.query(
        `INSERT INTO hub.events (build_id, seq, name, at, snapshot) VALUES ($1, 1, 'build:started', $2::timestamp, '{}')`,
        [build.id, timestampText(at)],
      );
      const others = await transactions.run((other) =>
        other.query('SELECT id FROM jobs WHERE id = ANY ($1::bigint[]) FOR NO KEY UPDATE SKIP LOCKED', [ids]),
      );
      expect(others).toEqual([]);
    });
    expect(await manager.countBy(Job, { sourceId: build.id, state: 'started', startedAt: at })).toBe(3);
    expect(await query(database.url, `SELECT DISTINCT started_at::text FROM public.jobs`)).toEqual([
      { started_at: '2021-03-14 02:30:00.123' },
    ]);
    const [job] = await manager.findBy(Job, { id: ids[0] ?? 0 });
    expect(Math.abs((job?.updatedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('can be taken back', async () => {
    await query(database.url, 'TRUNCATE public.builds CASCADE');
    for (const _ of MIGRATIONS) await revertLastMigration(database);
    expect(await pendingMigrations(database)).toHaveLength(MIGRATIONS.length);
    await migrate(database);
    expect(await pendingMigrations(database)).toEqual([]);
  });
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
