import { createClient, type RedisClientType } from '@redis/client';
import { HOW_TO_START, services } from './services';

/** A database of Redis that is one test's own while it runs. */
export interface TestRedis {
  readonly url: string;
  /** The test's own connection to it. */
  readonly client: RedisClientType;
  /** Empties it. */
  drop(): Promise<void>;
}

/** The server that `npm test` starts has 200; number 0 counts which are given out. */
const DATABASES = 200;
const GIVEN_OUT = 'hub:test:databases';

/**
 * Gives a database in which no other test's keys can be met.
 *
 * A url that names a database itself (the local server of a test that is run alone) has only that one: tests then run
 * one after the other, and nothing else on that server is touched.
 */
export async function createTestRedis(): Promise<TestRedis> {
  if (services.redisUrl === '') throw new Error(`No Redis for tests. ${HOW_TO_START}`);
  const url = new URL(services.redisUrl);
  if (url.pathname.length <= 1) url.pathname = `/${await nextDatabase(url.href)}`;
  const client = await connect(url.href);
  await client.flushDb();
  return {
    url: url.href,
    client,
    async drop() {
      await client.flushDb();
      await client.close();
    },
  };
}

async function nextDatabase(url: string): Promise<number> {
  const client = await connect(url);
  const given = await client.incr(GIVEN_OUT);
  await client.close();
  return 1 + ((given - 1) % (DATABASES - 1));
}

async function connect(url: string): Promise<RedisClientType> {
  const client: RedisClientType = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new Error(`No Redis answers at ${new URL(url).host}. ${HOW_TO_START}`, { cause: error });
  }
}
