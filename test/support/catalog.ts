import type { QueryResultRow } from 'pg';

interface Queryable {
  query<R extends QueryResultRow>(sql: string, params?: unknown[]): Promise<R[]>;
}

/**
 * What the catalog of PostgreSQL holds about a schema, one line for each of its rows, with the transaction that wrote it
 * (xmin): whatever is made, changed or dropped adds, alters or removes one.
 */
export async function catalogOf(database: Queryable, schema: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1), t AS (SELECT oid FROM pg_class WHERE relnamespace IN (TABLE s)),
       types AS (SELECT oid FROM pg_type WHERE typnamespace IN (TABLE s))
     SELECT concat_ws(' ', kind, oid, name, xmin, detail) AS line FROM (
       SELECT 'namespace' AS kind, oid, nspname AS name, xmin::text, nspacl::text AS detail FROM pg_namespace WHERE oid IN (TABLE s)
       UNION ALL SELECT 'class', oid, relname, xmin::text, concat_ws(' ', relkind, relowner, relacl, reloptions) FROM pg_class WHERE oid IN (TABLE t)
       UNION ALL SELECT 'attribute', attrelid, attname, xmin::text, attnum::text FROM pg_attribute WHERE attrelid IN (TABLE t)
       UNION ALL SELECT 'default', oid, '', xmin::text, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid IN (TABLE t)
       UNION ALL SELECT 'index', indexrelid, '', xmin::text, pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN (TABLE t)
       UNION ALL SELECT 'constraint', oid, conname, xmin::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace IN (TABLE s)
       UNION ALL SELECT 'trigger', oid, tgname, xmin::text, tgenabled::text FROM pg_trigger WHERE tgrelid IN (TABLE t)
       UNION ALL SELECT 'rule', oid, rulename, xmin::text, ev_enabled::text FROM pg_rewrite WHERE ev_class IN (TABLE t)
       UNION ALL SELECT 'inherits', inhrelid, '', xmin::text, inhparent::text FROM pg_inherits WHERE inhrelid IN (TABLE t)
       UNION ALL SELECT 'sequence', seqrelid, '', xmin::text, '' FROM pg_sequence WHERE seqrelid IN (TABLE t)
       UNION ALL SELECT 'policy', oid, polname, xmin::text, '' FROM pg_policy WHERE polrelid IN (TABLE t)
       UNION ALL SELECT 'statistics', oid, stxname, xmin::text, '' FROM pg_statistic_ext WHERE stxnamespace IN (TABLE s)
       UNION ALL SELECT 'function', oid, proname, xmin::text, proacl::text FROM pg_proc WHERE pronamespace IN (TABLE s)
       UNION ALL SELECT 'type', oid, typname, xmin::text, typacl::text FROM pg_type WHERE oid IN (TABLE types)
       UNION ALL SELECT 'enum', oid, enumlabel, xmin::text, '' FROM pg_enum WHERE enumtypid IN (TABLE types)
       UNION ALL SELECT 'comment', objoid, '', xmin::text, description FROM pg_description WHERE objoid IN (TABLE t)
       UNION ALL SELECT 'extension', oid, extname, xmin::text, '' FROM pg_extension
     ) AS facts ORDER BY 1`,
    [schema],
  );
  return rows.map(({ line }) => line);
}
