import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The servers that tests run on. `npm test` finds or starts them and says so in HUB_TEST_*; a test that is run alone
 * (`npx jest path`) takes the usual local ones.
 */
export const services = {
  /** A database in which nothing of anybody's stands; tests make others beside it. */
  databaseUrl: process.env['HUB_TEST_DATABASE_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  /** A virtual host in which nothing of anybody's stands; tests make others beside it. */
  rabbitmqUrl: process.env['HUB_TEST_RABBITMQ_URL'] ?? 'amqp://guest:guest@127.0.0.1:5672',
  /** How virtual hosts are made: `ctl:<rabbitmqctl>` or the URL of a management API; empty when there is no way. */
  rabbitmqAdmin: process.env['HUB_TEST_RABBITMQ_ADMIN'] ?? 'ctl:rabbitmqctl',
  /** A Redis in which nothing of anybody's stands. */
  redisUrl: process.env['HUB_TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379/9',
  /** PgBouncer's program; empty when it could neither be found nor downloaded. */
  pgbouncer: process.env['HUB_TEST_PGBOUNCER'] ?? '/usr/sbin/pgbouncer',
  /** The program of the IRC server ngIRCd; empty when it could neither be found nor downloaded. */
  ngircd: process.env['HUB_TEST_NGIRCD'] ?? '/usr/sbin/ngircd',
  /** The program of the mail server Chasquid; empty when it could neither be found nor downloaded. */
  chasquid: process.env['HUB_TEST_CHASQUID'] ?? '/usr/bin/chasquid',
  /** memcached's program; empty when it could neither be found nor downloaded. */
  memcached: process.env['HUB_TEST_MEMCACHED'] ?? '/usr/bin/memcached',
} as const;

/** What to tell somebody whose servers do not answer. */
export const HOW_TO_START = 'Run `npm test -- <path>`, which finds or starts the servers that tests need.';

/**
 * Names of databases begin with this. On a borrowed server it is the name of the run's throwaway database, by which
 * the runner finds and drops whatever a crashed test left.
 */
export function databasePrefix(): string {
  const name = new URL(services.databaseUrl).pathname.slice(1);
  return name.startsWith('hub_tmp_') ? name : 'hub_test';
}

/** Changes whenever a migration changes, so that a template made by an older version is not mistaken for ours. */
export function migrationsFingerprint(): string {
  const folder = join(__dirname, '../../src/database/migrations');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return fingerprint(files.flatMap(({ name, parentPath }) => [name, readFileSync(join(parentPath, name), 'utf8')]));
}

/** Ten characters that change whenever one of the texts does. */
export function fingerprint(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text);
  return hash.digest('hex').slice(0, 10);
}
