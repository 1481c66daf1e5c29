import { randomBytes } from 'node:crypto';

import type { DatabaseConfig } from '../../src/config';
import { isTravisDatabase } from '../../src/database/existing-schema';
import { migrate, pendingMigrations, revertLastMigration } from '../../src/database/migrate';
import { CI_TABLES } from '../../src/database/migrations/ci';
import { MIGRATIONS } from '../../src/database/schema';
import { catalogOf } from '../support/catalog';
import { createRole } from '../support/roles';
import { onServer } from '../support/template-database';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

describe('migrate()', () => {
  let database: EmptyDatabase;
  const using = async (options?: { travis?: boolean }) => (database = await createEmptyDatabase(options));
  afterEach(() => database.drop());

  it('creates both schemas on an empty database', async () => {
    const { config } = await using();
    const done = await migrate(config);
    expect(done.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await tables('public')).toEqual([...CI_TABLES].sort());
    expect(await tables('hub')).toEqual(
      expect.arrayContaining(['deliveries', 'events', 'migrations', 'parked_messages']),
    );
    expect(await pendingMigrations(config)).toEqual([]);
    expect(await isTravisDatabase(database.query)).toBe(false);
  });

  it('does nothing the second time', async () => {
    const { config } = await using();
    await migrate(config);
    const before = await catalogOf(database, 'hub');
    expect(await migrate(config)).toEqual([]);
    expect(await catalogOf(database, 'hub')).toEqual(before);
  });

  it('needs no extension, and makes nothing in public but the CI tables', async () => {
    const { config } = await using();
    const before = await database.query('SELECT extname FROM pg_extension');
    await migrate(config);
    expect(await database.query('SELECT extname FROM pg_extension')).toEqual(before);
    expect(await tables('public')).not.toContain('migrations');
  });

  it('lets a job and its build run without a change to their indexes until the job ends', async () => {
    const { config } = await using();
    await migrate(config);
    await database.query(`INSERT INTO builds (number, created_at, updated_at) VALUES ('1', now(), now())`);
    await database.query(`INSERT INTO jobs (state, created_at, updated_at) VALUES ('created', now(), now())`);
    const apart = async (table: string, change: string): Promise<number> => {
      await database.query('BEGIN');
      await database.query(`UPDATE ${table} SET ${change}`);
      const [updates] = await database.query<{ apart: string }>(
        `SELECT pg_stat_get_xact_tuples_updated(oid) - pg_stat_get_xact_tuples_hot_updated(oid) AS apart
           FROM pg_class WHERE oid = $1::regclass`,
        [table],
      );
      await database.query('COMMIT');
      return Number(updates?.apart);
    };
    expect(await apart('jobs', `state = 'queued', queued_at = now()`)).toBe(0);
    expect(await apart('jobs', `state = 'received', received_at = now(), vm_size = 'large'`)).toBe(0);
    expect(await apart('jobs', `state = 'started', started_at = now()`)).toBe(0);
    expect(await apart('jobs', `state = 'passed', finished_at = now()`)).toBe(1);
    expect(await apart('builds', `state = 'started', started_at = now()`)).toBe(0);
    expect(await apart('builds', `state = 'passed', finished_at = now(), duration = 1`)).toBe(0);
  });

  it('leaves every catalog row of public alone on a Travis database', async () => {
    const { config } = await using({ travis: true });
    const before = await catalogOf(database, 'public');
    expect(before.length).toBeGreaterThan(300);
    await migrate(config);
    expect(await catalogOf(database, 'public')).toEqual(before);
    expect(await tables('hub')).toContain('events');
    expect(await isTravisDatabase(database.query)).toBe(true);
  });

  it('leaves public of a Travis database alone when reversed', async () => {
    const { config } = await using({ travis: true });
    const before = await catalogOf(database, 'public');
    await migrate(config);
    for (const _ of MIGRATIONS) await revertLastMigration(config);
    expect(await catalogOf(database, 'public')).toEqual(before);
    expect(await tables('hub')).toEqual(['migrations']);
  });

  it('lets four replicas migrate at once: one works, nobody fails', async () => {
    const { config } = await using();
    const done = await Promise.all([1, 2, 3, 4].map(() => migrate(config)));
    expect(done.map(({ length }) => length).sort()).toEqual([0, 0, 0, MIGRATIONS.length]);
    expect(await database.query('SELECT name FROM hub.migrations ORDER BY id')).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });

  it('goes on beside a newer migration that it does not know', async () => {
    const { config } = await using();
    await migrate(config);
    await database.query(`INSERT INTO hub.migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);
    expect(await pendingMigrations(config)).toEqual([]);
    expect(await migrate(config)).toEqual([]);
  });

  it('runs what is pending even when a newer one ran before', async () => {
    const { config } = await using();
    await migrate(config);
    await revertLastMigration(config);
    await database.query(`INSERT INTO hub.migrations (timestamp, name) VALUES (9999999999999, 'Later9999999999999')`);
    expect((await migrate(config)).map(({ name }) => name)).toEqual([MIGRATIONS.at(-1)?.name]);
  });

  it('can be taken back and run again', async () => {
    const { config } = await using();
    await migrate(config);
    const before = await columns();
    for (const _ of MIGRATIONS) await revertLastMigration(config);
    expect(await tables('public')).toEqual([]);
    expect(await pendingMigrations(config)).toHaveLength(MIGRATIONS.length);
    await migrate(config);
    expect(await columns()).toEqual(before);
  });

  it('refuses to take the CI tables back while there are builds', async () => {
    const { config } = await using();
    await migrate(config);
    await database.query(`INSERT INTO public.builds (number, created_at, updated_at) VALUES ('1', now(), now())`);
    await revertHubSchema(config);
    await expect(revertLastMigration(config)).rejects.toThrow(/there are builds in them.*TRUNCATE/);
    expect(await database.query('SELECT number FROM public.builds')).toEqual([{ number: '1' }]);
  });

  it('changes nothing and says what to do when only some CI tables exist', async () => {
    const { config } = await using();
    await database.query('CREATE TABLE public.users (id serial PRIMARY KEY)');
    await expect(migrate(config)).rejects.toThrow(
      /already holds 1 of the 21 CI tables \(users\).*empty database.*schema_migrations/,
    );
    expect(await tables('public')).toEqual(['users']);
    expect(await tables('hub')).toEqual([]);
  });

  it('changes nothing and says what to do when another application migrates by Rails, but not Travis', async () => {
    const { config } = await using();
    await database.query('CREATE TABLE public.schema_migrations (version varchar)');
    await database.query('CREATE TABLE public.jobs (id serial PRIMARY KEY)');
    await expect(migrate(config)).rejects.toThrow(/\(jobs\), but neither/);
    expect(await tables('hub')).toEqual([]);
  });

  it('creates the CI tables beside unrelated tables', async () => {
    const { config } = await using();
    await database.query('CREATE TABLE public.wiki_pages (id serial PRIMARY KEY)');
    await migrate(config);
    expect(await tables('public')).toEqual([...CI_TABLES, 'wiki_pages'].sort());
  });

  describe('as a role of few rights', () => {
    const role = `hub_role_${randomBytes(4).toString('hex')}`;
    beforeAll(() => createRole(role));
    afterAll(() => onServer((server) => server.query(`DROP ROLE ${role}`)));

    it('works on a Travis database where it may create in its own schema only', async () => {
      const { as } = await using({ travis: true });
      await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
      await database.query(`CREATE SCHEMA hub AUTHORIZATION ${role}`);
      expect(await migrate(as(role))).toHaveLength(MIGRATIONS.length);
      expect(await tables('hub')).toContain('events');
    });

    it('says what to do when it may not create the schema', async () => {
      const { as } = await using({ travis: true });
      await expect(migrate(as(role))).rejects.toThrow(/may not create schema hub.*CREATE SCHEMA hub AUTHORIZATION/);
    });

    it('says what to do when it may not create the CI tables', async () => {
      const { as } = await using();
      await database.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
      await database.query(`CREATE SCHEMA hub AUTHORIZATION ${role}`);
      await expect(migrate(as(role))).rejects.toThrow(`GRANT CREATE ON SCHEMA public TO "${role}"`);
    });
  });

  it('finds the CI tables although the search path starts with schema hub', async () => {
    const { config, name } = await using();
    await onServer((server) => server.query(`ALTER DATABASE ${name} SET search_path = hub, public`));
    await migrate(config);
    expect(await tables('public')).toEqual([...CI_TABLES].sort());
    await revertHubSchema(config);
    expect(await tables('hub')).toEqual(['migrations']);
  });

  /** Takes back all migrations but that of the CI tables, which is the first. */
  async function revertHubSchema(config: DatabaseConfig): Promise<void> {
    for (let n = 1; n < MIGRATIONS.length; n++) await revertLastMigration(config);
  }

  async function tables(schema: string): Promise<string[]> {
    const rows = await database.query<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename`,
      [schema],
    );
    return rows.map(({ name }) => name);
  }

  async function columns(): Promise<unknown[]> {
    return database.query(
      `SELECT table_schema, table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema IN ('hub', 'public') ORDER BY 1, 2, ordinal_position`,
    );
  }
});
