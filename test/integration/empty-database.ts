import { randomBytes } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

import type { DatabaseConfig } from '../../src/config';
import { databasePrefix } from '../support/services';
import { urlAs } from '../support/roles';
import { databaseUrl, dropDatabase, onServer } from '../support/template-database';
import { travisSchema } from '../support/travis-schema';

/** A database that Hub has not seen yet, for specs about migrations. */
export interface EmptyDatabase {
  readonly name: string;
  readonly config: DatabaseConfig;
  /** The same database as another role, made by `createRole`. */
  readonly as: (role: string) => DatabaseConfig;
  readonly query: <R extends QueryResultRow>(sql: string, params?: unknown[]) => Promise<R[]>;
  readonly drop: () => Promise<void>;
}

/** @param options.travis fill `public` like an existing Travis database */
export async function createEmptyDatabase(options: { travis?: boolean } = {}): Promise<EmptyDatabase> {
  const name = `${databasePrefix()}_${randomBytes(6).toString('hex')}`;
  await onServer((server) => server.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const client = new Client({ connectionString: databaseUrl(name) });
  await client.connect();
  if (options.travis === true) for (const statement of travisSchema()) await client.query(statement);
  return {
    name,
    config: { url: databaseUrl(name), pool: 4 },
    as: (role) => ({ url: urlAs(role, databaseUrl(name)), pool: 4 }),
    query: async <R extends QueryResultRow>(sql: string, params: unknown[] = []) =>
      (await client.query<R>(sql, params)).rows,
    drop: async () => {
      await client.end();
      await dropDatabase(name);
    },
  };
}
