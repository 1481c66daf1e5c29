import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, ConfigError, type Config } from '../config';
import { logger } from '../logging';
import { RedisConnection, type RedisClient } from './redis-connection';

const log = logger.child({ component: 'redis' });

/**
 * The connections to the Redis of `REDIS_URL`. Without it there are none, and nothing of Redis exists.
 *
 * They are made in the background: a Redis that is away keeps nothing from starting, working or stopping.
 */
@Injectable()
export class RedisConnections implements OnModuleInit, OnApplicationShutdown {
  private readonly url: string | null;
  private readonly shared: RedisConnection | null;
  private readonly others: RedisConnection[] = [];

  /** @throws ConfigError when the url cannot be used */
  constructor(@Inject(CONFIG) config: Config) {
    this.url = config.redis.url;
    this.shared = this.url === null ? null : connectionTo(this.url);
  }

  /** For everybody's commands, except those that wait; null when no Redis is configured. */
  get client(): RedisClient | null {
    return this.shared?.client ?? null;
  }

  /** Why Redis cannot be used now, in a few words; null when it can, and when none is configured. */
  get problem(): string | null {
    return this.shared?.problem ?? null;
  }

  /**
   * A further connection, for commands that block: whatever else goes over it waits behind them.
   * @throws Error when no Redis is configured
   */
  duplicate(): RedisClient {
    if (this.url === null) throw new Error('No Redis is configured: look at `client` before you ask for more.');
    const connection = connectionTo(this.url);
    this.others.push(connection);
    connection.open();
    return connection.client;
  }

  onModuleInit(): void {
    this.shared?.open();
  }

  /** The last hook: by now nobody needs an answer any more. */
  onApplicationShutdown(): void {
    for (const connection of [...this.others, this.shared]) connection?.close();
  }
}

function connectionTo(url: string): RedisConnection {
  try {
    return new RedisConnection(url, log);
  } catch (error) {
    throw new ConfigError([`REDIS_URL cannot be used. ${(error as Error).message}`]);
  }
}
