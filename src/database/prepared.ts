import type { PoolClient, QueryResult, QueryResultRow } from 'pg';
import { arrayText, isFlatList } from './array-text';
import { SETTINGS_OF_CONNECTION } from './settings';

/** Enough for every statement in all its combinations; a text beyond them is sent without a name. */
const MOST_NAMES = 500;

/** When plans are made anew for the first time, and how seldom at last, in milliseconds; the time between doubles. */
const FIRST_REPLAN_MS = 2_000;
const LAST_REPLAN_MS = 60_000;

const names = new Map<string, string>();
/** Whether a connection leads to the server itself, without a pooler in between. */
const own = new WeakMap<PoolClient, boolean>();
/** When the plans of a connection are made anew, by `performance.now()`, and how long after the last time that is. */
const replans = new WeakMap<PoolClient, { readonly at: number; readonly afterMs: number }>();

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
  const name = isOwn(client) ? nameOf(text) : undefined;
  return client.query<R>(name === undefined ? { text, values } : { name, text, values });
}

/**
 * Asks, once for each connection, who is at its other end: a pooler tells us a process number of its own making. A
 * connection of our own is settled for as long as it lasts.
 */
export async function getToKnow(client: PoolClient): Promise<void> {
  if (own.has(client)) return;
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const isOurs = rows[0]?.pid === (client as { processID?: number }).processID;
  if (isOurs) await client.query(SETTINGS_OF_CONNECTION);
  own.set(client, isOurs);
}

/**
 * Whether it is time for a connection of our own to forget its plans.
 *
 * A plan that was made while a table was nearly empty may read all of it for each row that it looks up, and is kept until
 * statistics are gathered, which may be a minute and a hundred thousand rows later. New tables grow fastest at first.
 */
export function shouldReplan(client: PoolClient): boolean {
  if (!isOwn(client)) return false;
  const now = performance.now();
  const next = replans.get(client);
  if (next && now < next.at) return false;
  const afterMs = next ? Math.min(next.afterMs * 2, LAST_REPLAN_MS) : FIRST_REPLAN_MS;
  replans.set(client, { at: now + afterMs, afterMs });
  return next !== undefined;
}

/** Whether a connection that Hub got to know is its own, with Hub's settings. */
export function isOwn(client: PoolClient): boolean {
  return own.get(client) ?? false;
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `hub_${names.size + 1}`;
  names.set(text, name);
  return name;
}
