import { randomBytes } from 'node:crypto';
import { PlainError } from './say.mjs';

/** How long to wait for a connection, in milliseconds. */
const CONNECT_MS = 10_000;

/**
 * Creates a database of our own on somebody's server; it and those whose names start with its name are dropped at
 * the end. Nothing else on that server is touched.
 */
export async function createThrowawayDatabase(guardian, given) {
  const name = `hub_tmp_${randomBytes(5).toString('hex')}`;
  const url = withDatabase(given, name);
  try {
    const { result: version, undo: stop } = await guardian.provide({
      module: 'postgres-throwaway.mjs',
      make: 'createDatabase',
      undo: 'dropDatabases',
      args: { url: given, prefix: name },
    });
    const { host } = new URL(url);
    return { url, stop, describe: `PostgreSQL ${version} at ${host} (DATABASE_URL), throwaway database ${name}` };
  } catch (error) {
    throw new PlainError(
      `DATABASE_URL is set, but no throwaway database can be made on that server: ${error.message}.\n` +
        'Give the user CREATEDB and check the address, or unset DATABASE_URL to use an embedded server.',
    );
  }
}

/** Creates the database; returns the server's version. Called by the guardian. */
export function createDatabase({ url, prefix: name }) {
  return withClient(url, async (client) => {
    // template0, because nobody can be connected to it: another session on the source makes this fail.
    await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE template0`);
    const { rows } = await client.query('SHOW server_version');
    return rows[0].server_version.split(' ')[0];
  });
}

/** Drops the databases whose names start with `prefix`, sessions or not. Called by the guardian. */
export function dropDatabases({ url, prefix }) {
  return withClient(url, async (client) => {
    const { rows } = await client.query('SELECT datname FROM pg_database WHERE starts_with(datname, $1)', [prefix]);
    for (const { datname } of rows) {
      // WITH (FORCE) is newer than PostgreSQL 12.
      await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [datname]);
      await client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(datname)}`);
    }
  });
}

function withDatabase(given, name) {
  try {
    const url = new URL(given);
    url.pathname = `/${name}`;
    return url.href;
  } catch {
    throw new PlainError('DATABASE_URL is not a URL: write postgres://user:password@host:port/database.');
  }
}

async function withClient(connectionString, work) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MS });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
