import type { PoolClient, QueryResult, QueryResultRow } from 'pg';

/** Enough for every statement in all its combinations; a text beyond them is sent without a name. */
const MOST_NAMES = 500;

const names = new Map<string, string>();
const connections = new WeakMap<PoolClient, Promise<boolean>>();

/**
 * Runs a statement that comes again and again: the server parses and plans it once for each connection.
 *
 * Only where the connection is our own. Behind PgBouncer in transaction mode the next statement may go to another
 * server connection, which does not know the name (D8).
 */
export async function queryPrepared<R extends QueryResultRow>(
  client: PoolClient,
  text: string,
  values: unknown[],
): Promise<QueryResult<R>> {
  const name = nameOf(text);
  if (name === undefined || !(await isDirect(client))) return client.query<R>(text, values);
  return client.query<R>({ name, text, values });
}

function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `hub_${names.size + 1}`;
  names.set(text, name);
  return name;
}

/** Whether we talk to the server itself: a pooler in between tells us a process number of its own making. */
function isDirect(client: PoolClient): Promise<boolean> {
  const known = connections.get(client);
  if (known) return known;
  const asked = client
    .query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    .then(({ rows }) => rows[0]?.pid === (client as { processID?: number }).processID);
  connections.set(client, asked);
  asked.catch(() => connections.delete(client));
  return asked;
}
