import type { TestDatabase } from '../test/support';

const ROWS_PER_STATEMENT = 20_000;

/** One column of rows to insert. */
type Column = readonly [name: string, type: string, values: readonly unknown[]];

interface Rows {
  /** Columns that have one value in all rows, as SQL. */
  readonly fixed: string;
  readonly columns: readonly Column[];
  /** Whether the table has `created_at` and `updated_at`; most do. */
  readonly timed?: boolean;
  /** What `$config` stands for. */
  readonly text?: string;
}

const NOW = `(now() AT TIME ZONE 'UTC')`;

/**
 * Inserts rows set-wise: one array a column.
 *
 * @param values of the fixed columns, as SQL; `$queued` is now, `$config` the text
 */
export async function insert(database: TestDatabase, table: string, values: string, rows: Rows): Promise<void> {
  const { fixed, columns, timed = true, text } = rows;
  const names = columns.map(([name]) => name).join(', ');
  const arrays = columns.map(([, type], i) => `$${i + 1}::${type}[]`).join(', ');
  const constants = values.replace('$queued', NOW).replace('$config', `$${columns.length + 1}::json`);
  const sql = `INSERT INTO public.${table} (${names}, ${fixed}${timed ? ', created_at, updated_at' : ''})
    SELECT r.*, ${constants}${timed ? `, ${NOW}, ${NOW}` : ''} FROM unnest(${arrays}) AS r`;
  const total = columns[0]?.[2].length ?? 0;
  for (let from = 0; from < total; from += ROWS_PER_STATEMENT) {
    const part = columns.map(([, , list]) => list.slice(from, from + ROWS_PER_STATEMENT));
    await database.query(sql, text === undefined ? part : [...part, text]);
  }
}

/** Takes `count` ids in a row from a sequence; returns the first. */
export async function reserve(database: Pick<TestDatabase, 'query'>, sequence: string, count: number): Promise<number> {
  const [row] = await database.query<{ last: number }>(
    'SELECT setval($1::regclass, nextval($1::regclass) + $2::bigint - 1) AS last',
    [`public.${sequence}`, count],
  );
  return Number(row?.last) - count + 1;
}
