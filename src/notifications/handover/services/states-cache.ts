import type { DeliveryOutcome, Notice } from '../../channel';
import { isPullRequest } from '../../domain/pull-requests';
import type { ServiceDeps } from '../deps';
import type { AddressedService } from '../handover';
import { Memcached, UnusableKey } from '../memcached/memcached';
import { oneTarget } from '../one-target';
import { cacheText, cachedBuildId } from './cached-state';

/**
 * The API of a Travis installation looks into memcached for what its badges show (wire.md §5.5): the result of the newest
 * build of the repository, and of each of its branches. Pull requests are not shown.
 *
 * A value is only replaced by that of the same or a newer build, and nothing that the API writes meanwhile is
 * overwritten unseen.
 */
export function statesCache({ config }: ServiceDeps): AddressedService<null> {
  const { servers } = config.statesCache;
  const memcached = new Memcached(servers);

  async function write(key: string, id: number, text: string): Promise<string> {
    try {
      const written = await memcached.replaceIf(key, text, (current) => (cachedBuildId(current) ?? 0) <= id);
      return `${key} ${written ? 'written' : 'holds a newer build'}`;
    } catch (error) {
      if (error instanceof UnusableKey) return `${key} cannot be written: ${error.message}`;
      throw error;
    }
  }

  async function tell({ event, facts }: Notice): Promise<DeliveryOutcome> {
    const { id, state } = event.snapshot.build;
    const text = cacheText({ id, state });
    const repository = `state:${facts.repository.id}`;
    const branch = facts.commit?.branch ?? null;
    const keys = branch === null ? [repository] : [repository, `${repository}-${branch}`];
    const results = await Promise.all(keys.map((key) => write(key, id, text)));
    return { kind: 'delivered', response: results.join('; ') };
  }

  return {
    name: 'states-cache',
    events: ['build:finished'],
    lane: 'states-cache',
    // A build that was started over ends more than once: a late attempt must not bring an earlier end back.
    latestOnly: true,
    variable: 'STATES_CACHE_MEMCACHED_SERVERS',
    configured: servers.length > 0,
    targets: ({ facts }) =>
      isPullRequest(facts) ? [] : oneTarget('states-cache', { orderKey: String(facts.build.id), by: 'memcached' }),
    tell,
    close: async () => memcached.close(),
  };
}
