import type { Config } from '../../config';
import type { Statements } from '../../database';
import type { RedisClient } from '../../redis';
import type { RepositorySecrets } from '../secrets/repository-secrets';

/** What services with an address of their own are told with. */
export interface ServiceDeps {
  readonly config: Pick<Config, 'artifactManager' | 'keen' | 'merge' | 'statesCache' | 'traceProcessor'>;
  readonly statements: Statements;
}

/** What hand-overs are made of. */
export interface HandoverDeps {
  readonly config: Pick<Config, 'encryption' | 'sidekiq' | 'web' | 'webhook'>;
  readonly statements: Statements;
  readonly secrets: RepositorySecrets;
  /** The Redis that holds the queues and the switches of the installation; null when there is none. */
  readonly redis: RedisClient | null;
}
