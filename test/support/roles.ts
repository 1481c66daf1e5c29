import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { databaseUrl, onServer } from './template-database';

const OPERATIONS = join(__dirname, '../../docs/operations.md');

/** Creates a role that logs in with the password that the tests themselves use: a server may ask everybody for one. */
export async function createRole(role: string): Promise<void> {
  const password = decodeURIComponent(new URL(databaseUrl('postgres')).password);
  await onServer((server) => server.query(`CREATE ROLE ${role} LOGIN PASSWORD ${server.escapeLiteral(password)}`));
}

/** Drops a role. Databases in which it owns or may do something must be gone. */
export async function dropRole(role: string): Promise<void> {
  await onServer((server) => server.query(`DROP ROLE IF EXISTS ${role}`));
}

/** The same database as another role. */
export function urlAs(role: string, url: string): string {
  const theirs = new URL(url);
  theirs.username = role;
  return theirs.href;
}

/** The statements that docs/operations.md has an administrator run, for a role of another name. */
export function rightsOf(role: string): string[] {
  const [, section = ''] = readFileSync(OPERATIONS, 'utf8').split('## On an existing Travis database');
  const [, sql = ''] = /```sql\n([^]*?)```/.exec(section) ?? [];
  const statements = sql.split(';').filter((statement) => statement.trim() !== '');
  if (statements.length === 0) throw new Error('docs/operations.md no longer says what rights Hub needs.');
  return [
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    ...statements.map((statement) => statement.replace(/\b(TO|AUTHORIZATION) hub\b/, `$1 ${role}`)),
  ];
}
