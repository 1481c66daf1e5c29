import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { MemcachedAddress } from '../../../config';

const POINTS_PER_SERVER = 160;

/**
 * Says which of several servers holds a key, as Dalli does: whoever reads must look where Hub wrote.
 *
 * Each server has points on a ring of 32 bits, and a key belongs to the last point at or before it. When a server is
 * away Dalli looks at another one; Hub waits for the right one instead, which then knows no older state.
 *
 * @returns a function from a key to the index of its server
 */
export function serverRing(servers: readonly MemcachedAddress[]): (key: string) => number {
  if (servers.length < 2) return () => 0;
  const weights = servers.reduce((sum, { weight }) => sum + weight, 0);
  const points = servers
    .flatMap(({ host, port, weight }, server) => {
      const count = Math.floor((servers.length * POINTS_PER_SERVER * weight) / weights);
      return Array.from({ length: count }, (_, nth) => ({ at: pointOf(`${host}:${port}:${nth}`), server }));
    })
    .sort((a, b) => a.at - b.at);
  return (key) => {
    const at = crc32(key);
    const point = points.findLast((candidate) => candidate.at <= at) ?? points.at(-1);
    return point?.server ?? 0;
  };
}

function pointOf(text: string): number {
  return createHash('sha1').update(text).digest().readUInt32BE(0);
}
