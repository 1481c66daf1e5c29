import { randomBytes, randomInt } from 'node:crypto';
import { Pool, type QueryResultRow } from 'pg';
import { typeParsers } from '../../src/database/type-parsers';
import { databasePrefix } from './services';
import { databaseUrl, dropDatabase, onServer, templateDatabase } from './template-database';

/** A database of one test's own. */
export interface TestDatabase {
  readonly url: string;
  /** Runs one statement and returns its rows, read as Hub reads them (UTC times, bigint as number). */
  query<R extends QueryResultRow>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** Drops it, whoever is still connected. */
  drop(): Promise<void>;
}

/** Far from the ends of `integer`, in which Travis keeps some ids. */
const FIRST_ID = { from: 10_000, to: 1_500_000_000 };

/**
 * Creates a fresh database with Hub's tables.
 *
 * Build and job ids start anywhere: broadcasts on `worker.commands` reach every listener of a broker, and so tests that
 * run at the same time never mistake another's job for their own.
 * @param options.travis an existing Travis database, on which Hub has not run yet, instead
 */
export async function createTestDatabase(options: { travis?: boolean } = {}): Promise<TestDatabase> {
  const template = await templateDatabase(options.travis === true ? 'travis' : 'hub');
  const name = `${databasePrefix()}_${randomBytes(5).toString('hex')}`;
  await onServer(async (client) => {
    // Two copies of one template at a time are refused; without a wait the loser would fail.
    await client.query('SELECT pg_advisory_lock($1)', [COPY_LOCK]);
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  });
  const url = databaseUrl(name);
  const pool = new Pool({ connectionString: url, max: 2, types: typeParsers });
  // A test may drop or restart the server under us.
  pool.on('error', () => undefined);
  const query = async <R extends QueryResultRow>(sql: string, params: readonly unknown[] = []): Promise<R[]> =>
    (await pool.query<R>(sql, [...params])).rows;
  await query(`SELECT setval('public.shared_builds_tasks_seq', $1)`, [randomInt(FIRST_ID.from, FIRST_ID.to)]);
  return {
    url,
    query,
    async drop() {
      await pool.end();
      await dropDatabase(name);
    },
  };
}

/** Any number of our own; "copy" in ASCII. */
const COPY_LOCK = 0x636f7079;
