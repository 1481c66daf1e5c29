import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';

import { ESSENTIAL_ENTITIES } from './schema';

/** @throws Error when an existing Travis database is older than Hub needs. */
export async function requireCiColumns(dataSource: DataSource): Promise<void> {
  const missing = await missingColumns(dataSource, ESSENTIAL_ENTITIES);
  if (missing.length === 0) return;
  throw new Error(
    `The database lacks columns that Hub needs: ${missing.join(', ')}. ` +
      'Run the migrations of the application that owns schema public (travis-migrations) first.',
  );
}

/**
 * Columns that entities declare and the database does not have, e.g. `jobs.vm_size`.
 *
 * An existing Travis database may be older than Hub expects. Then every message would fail for good and be parked, so
 * Hub must not begin.
 * @param dataSource initialised
 */
export async function missingColumns(
  dataSource: DataSource,
  entities: readonly EntityTarget<ObjectLiteral>[],
): Promise<string[]> {
  const declared = entities.flatMap((entity) => {
    const { schema, tableName, columns } = dataSource.getMetadata(entity);
    return columns.map(({ databaseName }) => ({ schema, table: tableName, column: databaseName }));
  });
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT d.table || '.' || d.column AS name
       FROM jsonb_to_recordset($1::jsonb) AS d ("schema" text, "table" text, "column" text)
      WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
                         WHERE a.attrelid = to_regclass(quote_ident(d.schema) || '.' || quote_ident(d.table))
                           AND a.attname = d.column AND NOT a.attisdropped)
      ORDER BY 1`,
    [JSON.stringify(declared)],
  );
  return rows.map(({ name }) => name);
}
