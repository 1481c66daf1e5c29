import { databaseUrl, onServer } from './template-database';

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
