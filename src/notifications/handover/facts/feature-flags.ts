import type { RedisClient } from '../../../redis';
import type { NoticeFacts } from '../../notice';

/**
 * Whether a feature of a Travis installation is switched on for a repository, for its owner or for everybody. The switch
 * for everybody is a key that ends in `disabled` and is on with the value 1.
 *
 * @throws when Redis does not answer
 */
export async function isFeatureOn(redis: RedisClient, feature: string, { repository }: NoticeFacts): Promise<boolean> {
  const owners = repository.owner_type === 'Organization' ? 'organizations' : 'users';
  const [everybody, owner, own] = await Promise.all([
    redis.get(`feature:${feature}:disabled`),
    redis.sIsMember(`feature:${feature}:${owners}`, String(repository.owner_id)),
    redis.sIsMember(`feature:${feature}:repositories`, String(repository.id)),
  ]);
  return everybody === '1' || owner === 1 || own === 1;
}
