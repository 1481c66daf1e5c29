import pg from 'pg';
import { DataSource, type DataSourceOptions, type Migration } from 'typeorm';

import type { DatabaseConfig } from '../config';
import { logger } from '../logging';
import { migrate, pendingMigrations, revertLastMigration } from './migrate';
import { SnakeCaseNaming } from './naming';
import { ENTITIES, HUB_SCHEMA, MIGRATIONS } from './schema';
import { typeParsers } from './type-parsers';

const log = logger.child({ component: 'database' });

const CONNECT_TIMEOUT_MS = 5_000;
/** Longer than any statement timeout of the server: only for a server that stopped talking. */
const READ_TIMEOUT_MS = 30_000;

// node-pg writes a Date in the zone of the process, and PostgreSQL drops the offset for a column without zone. There is
// no such setting per connection. With it a Date is right for both kinds of column, in every zone.
pg.defaults.parseInputDatesAsUTC = true;

/** How Hub connects. No startup parameters beyond the application's name: PgBouncer rejects them (D8). */
export function dataSourceOptions(database: DatabaseConfig): DataSourceOptions {
  return {
    type: 'postgres',
    driver: pg,
    url: database.url,
    applicationName: 'hub',
    schema: HUB_SCHEMA,
    entities: [...ENTITIES],
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migrations',
    namingStrategy: new SnakeCaseNaming(),
    synchronize: false,
    installExtensions: false,
    logging: false,
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    poolErrorHandler: () => undefined,
    extra: {
      max: database.pool,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: READ_TIMEOUT_MS,
      keepAlive: true,
      // Statements that are asked for together go out together.
      pipeline: true,
      types: typeParsers,
    },
  };
}

/** The data source of the app, the tests and the migration commands. Migrating takes the lock that replicas share. */
export class HubDataSource extends DataSource {
  constructor(private readonly database: DatabaseConfig) {
    super(dataSourceOptions(database));
  }

  override async runMigrations(): Promise<Migration[]> {
    const done = await migrate(this.database);
    log.info({ migrations: done.map(({ name }) => name) }, done.length > 0 ? 'Migrated.' : 'Nothing to migrate.');
    return done;
  }

  /** TypeORM's own would create the table of migrations, in a schema that may not be there yet. */
  override async showMigrations(): Promise<boolean> {
    const pending = await pendingMigrations(this.database);
    for (const { name } of MIGRATIONS) this.logger.logSchemaBuild(`[${pending.includes(name) ? ' ' : 'X'}] ${name}`);
    return pending.length > 0;
  }

  override async undoLastMigration(): Promise<void> {
    await revertLastMigration(this.database);
    log.info('Took back the last migration.');
  }
}
