import { Client } from 'pg';
import { migrate } from '../../src/database/migrate';
import { eventually } from './eventually';
import { HOW_TO_START, databasePrefix, fingerprint, migrationsFingerprint, services } from './services';
import { travisSchema } from './travis-schema';

/** `hub`: as Hub migrates an empty database. `travis`: as Hub finds an existing Travis database, not migrated yet. */
export type TemplateKind = 'hub' | 'travis';

/** Any number of our own; "test" in ASCII. */
const TEMPLATE_LOCK = 0x74657374;

/** Runs `work` on the database that the runner named, from which others are made. */
export async function onServer<T>(work: (client: Client) => Promise<T>): Promise<T> {
  return onDatabase(services.databaseUrl, work);
}

/** How long sessions that are just ending may take before they are ended, in milliseconds. */
const LEAVE_MS = 1_000;

/**
 * Drops a database, whoever is still connected. Sessions whose `end()` has returned may still be on their way out: they
 * are waited for, because to be terminated is an error that nobody listens for any more.
 */
export async function dropDatabase(name: string): Promise<void> {
  await onServer(async (client) => {
    await eventually(
      async () => {
        const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
        if (rowCount !== 0) throw new Error(`${rowCount} sessions are on ${name}`);
      },
      { timeoutMs: LEAVE_MS },
    ).catch(() => client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]));
    // DROP … WITH (FORCE) is too new for PostgreSQL 12.
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
  });
}

/** The URL of another database on the same server. */
export function databaseUrl(name: string): string {
  const url = new URL(services.databaseUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/**
 * The name of a database to copy, made by whoever needs it first. It stays for the tests that follow: migrating takes
 * a second, copying a tenth of it.
 */
export async function templateDatabase(kind: TemplateKind): Promise<string> {
  const contents = kind === 'hub' ? migrationsFingerprint() : fingerprint(travisSchema());
  const name = `${databasePrefix()}_template_${kind}_${contents}`;
  await onServer(async (client) => {
    if (await exists(client, name)) return;
    await client.query('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    if (await exists(client, name)) return;
    const draft = `${name}_draft`;
    await dropOutdated(client, kind);
    await client.query(`CREATE DATABASE ${draft} TEMPLATE template0`);
    await fill(kind, databaseUrl(draft));
    // Only a complete template gets the name that others look for.
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`);
    await client.query(`COMMENT ON DATABASE ${name} IS 'Template for the tests of Hub; may be dropped at any time'`);
  });
  return name;
}

/** Templates of earlier migrations, and drafts that were never finished; one that is being copied stays for now. */
async function dropOutdated(client: Client, kind: TemplateKind): Promise<void> {
  const { rows } = await client.query<{ datname: string }>(
    'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
    [`${databasePrefix()}_template_${kind}_`],
  );
  for (const { datname } of rows) await client.query(`DROP DATABASE IF EXISTS ${datname}`).catch(() => undefined);
}

async function fill(kind: TemplateKind, url: string): Promise<void> {
  if (kind === 'hub') {
    await migrate({ url, pool: 1 });
    return;
  }
  await onDatabase(url, async (client) => {
    for (const statement of travisSchema()) await client.query(statement);
  });
}

async function exists(client: Client, name: string): Promise<boolean> {
  return (await client.query('SELECT FROM pg_database WHERE datname = $1', [name])).rowCount === 1;
}

/** Runs `work` on a connection of its own. @throws Error that says what to do when nobody answers */
export async function onDatabase<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  try {
    await client.connect();
  } catch (error) {
    const { host } = new URL(url);
    throw new Error(`No PostgreSQL for tests at ${host}. ${HOW_TO_START}`, { cause: error });
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
