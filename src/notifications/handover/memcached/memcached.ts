import { createHash } from 'node:crypto';
import type { MemcachedAddress } from '../../../config';
import { MemcachedServer } from './memcached-server';
import { serverRing } from './server-ring';

/** Enough for the few who write a key: the API, and Hub's replicas. */
const MOST_TURNS = 5;
const LONGEST_KEY = 250;
/** How Dalli shortens longer ones. */
const SHORTENED = { separator: ':md5:', length: 249 };

/** Thrown for a key that memcached can never hold. */
export class UnusableKey extends Error {}

/** One memcached, or several that share the keys as Dalli shares them. */
export class Memcached {
  private readonly servers: readonly MemcachedServer[];
  private readonly indexOf: (key: string) => number;

  constructor(addresses: readonly MemcachedAddress[]) {
    this.servers = addresses.map(({ host, port }) => new MemcachedServer(host, port));
    this.indexOf = serverRing(addresses);
  }

  /**
   * Writes a key for which `mayReplace` allows it, and never over what somebody else wrote in between.
   *
   * @returns whether it was written
   * @throws UnusableKey for a key that cannot be, Error when the server does not answer or others write all the time
   */
  async replaceIf(key: string, value: string, mayReplace: (current: Buffer) => boolean): Promise<boolean> {
    const usable = usableKey(key);
    const server = this.servers[this.indexOf(usable)];
    if (!server) throw new Error('no memcached is configured');
    for (let turn = 1; turn <= MOST_TURNS; turn++) {
      const found = await server.gets(usable);
      if (found && !mayReplace(found.bytes)) return false;
      const written = found ? await server.cas(usable, value, found.version) : await server.add(usable, value);
      if (written) return true;
    }
    throw new Error(`others wrote the key ${MOST_TURNS} times in between`);
  }

  close(): void {
    for (const server of this.servers) server.close();
  }
}

/** @throws UnusableKey when its name holds white space or is too long in bytes */
export function usableKey(key: string): string {
  // Dalli counts characters, memcached bytes.
  const short = Array.from(key).length > LONGEST_KEY ? shortened(key) : key;
  if (Buffer.byteLength(short) > LONGEST_KEY || /[\0-\x20\x7f]/.test(short)) {
    throw new UnusableKey('memcached has no keys that are so long or hold white space');
  }
  return short;
}

function shortened(key: string): string {
  const digest = createHash('md5').update(key).digest('hex');
  const kept = SHORTENED.length - SHORTENED.separator.length - digest.length;
  return `${Array.from(key).slice(0, kept).join('')}${SHORTENED.separator}${digest}`;
}
