/** Runs one statement and returns its rows; a QueryRunner, a DataSource and a Tx all have it. */
export type Query = (sql: string, params?: unknown[]) => Promise<unknown>;

/** Rails' bookkeeping table: whoever has it manages the tables of `public` with Travis' own migrations. */
const MARKER = 'schema_migrations';
const TRAVIS_ONLY = ['queueable_jobs', 'job_versions'] as const;

/** Which of the given tables stand in schema `public`. */
export async function existingTables(query: Query, names: readonly string[]): Promise<string[]> {
  const rows = (await query(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname = ANY ($1::text[])
      ORDER BY array_position($1::text[], c.relname::text)`,
    [names],
  )) as { name: string }[];
  return rows.map(({ name }) => name);
}

/**
 * True when the database belongs to an existing Travis installation: Hub leaves `public` alone there (D8) and hands
 * notices over to the existing services unless told otherwise (D11).
 */
export async function isTravisDatabase(query: Query): Promise<boolean> {
  const found = await existingTables(query, [MARKER, ...TRAVIS_ONLY]);
  return found.includes(MARKER) && found.length > 1;
}
