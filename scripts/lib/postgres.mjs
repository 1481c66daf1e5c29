import { createThrowawayDatabase } from './postgres-throwaway.mjs';
import { startEmbeddedPostgres } from './postgres-embedded.mjs';

/**
 * A PostgreSQL database for trying and testing (D13): a throwaway one on the server that DATABASE_URL names, else
 * one in an embedded server. Databases that happen to run on this machine are left alone.
 *
 * @param {import('./guardian.mjs').Guardian} guardian removes it at the end
 * @returns {Promise<{ url: string, describe: string, stop: () => Promise<void> }>}
 * @throws {import('./say.mjs').PlainError} when DATABASE_URL does not work, or no server can be started here
 */
export function startPostgres(guardian) {
  const given = process.env.DATABASE_URL;
  return given ? createThrowawayDatabase(guardian, given) : startEmbeddedPostgres(guardian);
}
