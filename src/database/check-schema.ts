import type { DataSource } from 'typeorm';

import { requireCiColumns } from './missing-columns';
import { HUB_SCHEMA, MIGRATIONS } from './schema';

/**
 * Checks the database for a program that works beside a running Hub and so must not migrate it. Changes nothing.
 *
 * @param dataSource initialised
 * @returns names of migrations that a newer version has run; migrations only add, so this version can work on (D8)
 * @throws Error that says what to do, when Hub's tables are not there or older than this version needs
 */
export async function checkSchema(dataSource: DataSource): Promise<readonly string[]> {
  const done = await migrationsDone(dataSource);
  const known: readonly string[] = MIGRATIONS.map(({ name }) => name);
  const pending = known.filter((name) => !done.includes(name));
  if (done.length === 0) {
    throw new Error(
      `There is no Hub in this database: schema ${HUB_SCHEMA} is empty or missing. Is DATABASE_URL that of your Hub? ` +
        'If so, start Hub once, or run: npm run migrate',
    );
  }
  if (pending.length > 0) {
    throw new Error(
      `The database is older than this version of Hub; not run yet: ${pending.join(', ')}. ` +
        'Start this version of Hub or run npm run migrate, or use the command line of the version that runs.',
    );
  }
  await requireCiColumns(dataSource);
  return done.filter((name) => !known.includes(name));
}

async function migrationsDone(dataSource: DataSource): Promise<string[]> {
  const [found] = await dataSource.query<{ record: string | null }[]>('SELECT to_regclass($1) AS record', [
    `${HUB_SCHEMA}.migrations`,
  ]);
  if (found?.record == null) return [];
  const rows = await dataSource.query<{ name: string }[]>(`SELECT name FROM ${HUB_SCHEMA}.migrations ORDER BY id`);
  return rows.map(({ name }) => name);
}
