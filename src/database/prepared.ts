import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { arrayText, isFlatList } from './array-text';

/** Enough for every statement in all its combinations; a text beyond them is sent without a name. */
const MOST_NAMES = 500;

const names = new Map<string, string>();
/** Whether a connection leads to the server itself, without a pooler in between. */
const direct = new WeakMap<PoolClient, boolean>();

/**
 * Runs a statement that comes again and again: the server parses and plans it once for each connection.
 *
 * Only where the connection is our own (see {@link getToKnow}). Behind PgBouncer in transaction mode the next statement
 * may go to another server connection, which does not know the name (D8).
 */
export function queryPrepared<R extends QueryResultRow>(
  client: PoolClient,
  text: string,
  params: readonly unknown[],
): Promise<QueryResult<R>> {
  const values = params.map((value) => (isFlatList(value) ? arrayText(value) : value));
  const name = direct.get(client) ? nameOf(text) : undefined;
  return client.query<R>(name === undefined ? { text, values } : { name, text, values });
}

/** Asks, once for each connection, who is at its other end: a pooler tells us a process number of its own making. */
export async function getToKnow(client: PoolClient): Promise<void> {
  if (direct.has(client)) return;
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  direct.set(client, rows[0]?.pid === (client as { processID?: number }).processID);
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `hub_${names.size + 1}`;
  names.set(text, name);
  return name;
}
