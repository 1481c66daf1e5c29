import { randomBytes } from 'node:crypto';
import { Client, type QueryResultRow } from 'pg';

import type { DatabaseConfig } from '../../src/config';
import { CI_SCHEMA_UP } from '../../src/database/migrations/ci';
import { databasePrefix } from '../support/services';
import { databaseUrl, dropDatabase, onServer } from '../support/template-database';

/** A database that Hub has not seen yet, for specs about migrations. */
export interface EmptyDatabase {
  readonly name: string;
  readonly config: DatabaseConfig;
  /** The same database as another role, made by {@link createRole}. */
  readonly as: (role: string) => DatabaseConfig;
  readonly query: <R extends QueryResultRow>(sql: string, params?: unknown[]) => Promise<R[]>;
  readonly drop: () => Promise<void>;
}

/** @param options.travis fill `public` like an existing Travis database: more tables and columns than Hub knows */
export async function createEmptyDatabase(options: { travis?: boolean } = {}): Promise<EmptyDatabase> {
  const name = `${databasePrefix()}_${randomBytes(6).toString('hex')}`;
  await onServer((server) => server.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  const client = new Client({ connectionString: databaseUrl(name) });
  await client.connect();
  if (options.travis === true) for (const statement of TRAVIS) await client.query(statement);
  return {
    name,
    config: { url: databaseUrl(name), pool: 4 },
    as: (role) => ({ url: urlAs(role, name), pool: 4 }),
    query: async <R extends QueryResultRow>(sql: string, params: unknown[] = []) =>
      (await client.query<R>(sql, params)).rows,
    drop: async () => {
      await client.end();
      await dropDatabase(name);
    },
  };
}

/** Creates a role that logs in with the password that the tests themselves use: a server may ask everybody for one. */
export async function createRole(role: string): Promise<void> {
  const password = decodeURIComponent(new URL(databaseUrl('postgres')).password);
  await onServer((server) => server.query(`CREATE ROLE ${role} LOGIN PASSWORD ${server.escapeLiteral(password)}`));
}

/** What a Travis database has beyond the tables that Hub uses. */
const TRAVIS: readonly string[] = [
  ...CI_SCHEMA_UP,
  `CREATE TABLE public.schema_migrations (version varchar NOT NULL PRIMARY KEY)`,
  `INSERT INTO public.schema_migrations VALUES ('20251118144714')`,
  `CREATE TABLE public.repo_counts (repository_id integer NOT NULL, builds integer)`,
  `ALTER TABLE public.jobs ADD COLUMN log text DEFAULT '', ADD COLUMN debug_options text`,
  `CREATE INDEX index_jobs_on_created_at ON public.jobs (created_at)`,
];

function urlAs(role: string, database: string): string {
  const url = new URL(databaseUrl(database));
  url.username = role;
  return url.href;
}
