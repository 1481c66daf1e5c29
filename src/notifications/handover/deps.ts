import type { Config } from '../../config';
import type { Statements } from '../../database';
import type { RedisClient } from '../../redis/redis-connection';
import type { RepositorySecrets } from '../secrets/repository-secrets';

/** What hand-overs are made of. */
export interface HandoverDeps {
  readonly config: Pick<Config, 'encryption' | 'sidekiq' | 'web' | 'webhook'>;
  readonly statements: Statements;
  readonly secrets: RepositorySecrets;
  /** The Redis that holds the queues and the switches of the installation; null when there is none. */
  readonly redis: RedisClient | null;
}
