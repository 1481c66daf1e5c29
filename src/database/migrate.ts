import { AbstractLogger, DataSource, MigrationExecutor, type Migration, type QueryRunner } from 'typeorm';

import type { DatabaseConfig } from '../config';
import { HUB_SCHEMA, MIGRATIONS } from './schema';

/** Any number that no other user of advisory locks in this database takes; "hub" in ASCII. */
const MIGRATION_LOCK = 0x687562;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Creates schema `hub` if need be and runs the pending migrations, all in one transaction (D8).
 *
 * Several replicas may call it at once: one works, the others wait and then find nothing to do. Migrations in the record
 * that this version does not know are left alone: a newer replica was here.
 * @throws Error that says what to do, when the database is not one that Hub may migrate.
 */
export function migrate(database: DatabaseConfig): Promise<Migration[]> {
  return withLock(database, async (executor, runner) => {
    await createHubSchema(runner);
    return executor.executePendingMigrations();
  });
}

/** Takes back the newest migration that ran. @throws Error when that would lose builds. */
export function revertLastMigration(database: DatabaseConfig): Promise<void> {
  return withLock(database, (executor) => executor.undoLastMigration());
}

/** Names of the migrations that have not run yet. Changes nothing. */
export function pendingMigrations(database: DatabaseConfig): Promise<string[]> {
  return withConnection(database, async (executor) => (await executor.getPendingMigrations()).map(({ name }) => name));
}

type Work<T> = (executor: MigrationExecutor, runner: QueryRunner) => Promise<T>;

/** The lock belongs to the transaction, not to the session, which PgBouncer may give to somebody else. */
function withLock<T>(database: DatabaseConfig, work: Work<T>): Promise<T> {
  return withConnection(database, async (executor, runner) => {
    await runner.startTransaction();
    try {
      // A role named "hub" would otherwise find hub.jobs where public.jobs is meant.
      await runner.query(`SET LOCAL search_path = public`);
      await runner.query(`SET LOCAL timezone = 'UTC'`);
      await runner.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
      const result = await work(executor, runner);
      await runner.commitTransaction();
      return result;
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    }
  });
}

/** A connection of its own, without a read timeout: a migration or the wait for one may take long. */
async function withConnection<T>(database: DatabaseConfig, work: Work<T>): Promise<T> {
  const dataSource = new DataSource({
    type: 'postgres',
    url: database.url,
    applicationName: 'hub-migrate',
    schema: HUB_SCHEMA,
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    installExtensions: false,
    logger: new Silence(),
    poolErrorHandler: () => undefined,
    extra: { max: 1, connectionTimeoutMillis: 5_000, keepAlive: true },
  });
  await dataSource.initialize();
  const runner = dataSource.createQueryRunner();
  try {
    return await work(new MigrationExecutor(dataSource, runner), runner);
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}

async function createHubSchema(runner: QueryRunner): Promise<void> {
  // CREATE SCHEMA IF NOT EXISTS asks for the right to create even when there is nothing to create.
  const [found] = (await runner.query('SELECT to_regnamespace($1) AS schema', [HUB_SCHEMA])) as {
    schema: string | null;
  }[];
  if (found?.schema != null) return;
  try {
    await runner.query(`CREATE SCHEMA ${HUB_SCHEMA}`);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    throw new Error(
      `Hub's database user may not create schema ${HUB_SCHEMA}. Let an administrator run: CREATE SCHEMA ${HUB_SCHEMA} AUTHORIZATION <Hub's database user>`,
      { cause: error },
    );
  }
}

/** TypeORM prints a failed migration to the console; here it is thrown, and whoever catches it says so. */
class Silence extends AbstractLogger {
  protected writeLog(): void {
    return;
  }
}
