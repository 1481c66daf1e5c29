/** SQL that gives a UTC column as ISO text, under its own name: `2021-01-10T05:36:12.000Z`. */
export function iso(column: string): string {
  const name = column.slice(column.indexOf('.') + 1);
  return `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS ${name}`;
}

/** {@link iso} for several columns of one table. */
export function isoColumns(table: string, ...columns: readonly string[]): string {
  return columns.map((column) => iso(`${table}.${column}`)).join(', ');
}

/** SQL that gives the rows of a query as one JSON list, ordered; an empty list when there are none. */
export function jsonList(query: string, order: string): string {
  return `(SELECT coalesce(json_agg(item ORDER BY ${order}), '[]') FROM (${query}) item)`;
}

/** SQL that gives the one row of a query as a JSON object, or null. */
export function jsonObject(query: string): string {
  return `(SELECT to_json(item) FROM (${query}) item)`;
}
