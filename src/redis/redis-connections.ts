import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { CONFIG, ConfigError, type Config } from '../config';
import { logger } from '../logging';
import { RedisConnection, type RedisClient } from './redis-connection';

const log = logger.child({ component: 'redis' });

/**
 * The connections to the Redis of `REDIS_URL` and that of travis-insights. Without them nothing of Redis exists.
 *
 * They are made in the background: a Redis that is away keeps nothing from starting, working or stopping.
 */
@Injectable()
export class RedisConnections implements OnModuleInit, OnApplicationShutdown {
  private readonly url: string | null;
  private readonly shared: RedisConnection | null;
  private readonly ofInsights: RedisConnection | null;
  private readonly others: RedisConnection[] = [];

  /** @throws ConfigError when the url cannot be used */
  constructor(@Inject(CONFIG) config: Config) {
    const { url, insightsUrl } = config.redis;
    this.url = url;
    this.shared = url === null ? null : connectionTo('REDIS_URL', url);
    const another = insightsUrl !== null && insightsUrl !== url;
    this.ofInsights = another ? connectionTo('INSIGHTS_REDIS_URL', insightsUrl) : this.shared;
  }

  /** For everybody's commands, except those that wait; null when no Redis is configured. */
  get client(): RedisClient | null {
    return this.shared?.client ?? null;
  }

  /** The Redis of travis-insights: its own one, or the same; null when there is none. */
  get insights(): RedisClient | null {
    return this.ofInsights?.client ?? null;
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
    const connection = connectionTo('REDIS_URL', this.url);
    this.others.push(connection);
    connection.open();
    return connection.client;
  }

  onModuleInit(): void {
    for (const connection of this.kept) connection.open();
  }

  /** The last hook: by now nobody needs an answer any more. */
  onApplicationShutdown(): void {
    for (const connection of [...this.others, ...this.kept]) connection.close();
  }

  private get kept(): readonly RedisConnection[] {
    return [...new Set([this.shared, this.ofInsights])].filter((connection) => connection !== null);
  }
}

function connectionTo(variable: string, url: string): RedisConnection {
  try {
    return new RedisConnection(url, log);
  } catch (error) {
    throw new ConfigError([`${variable} cannot be used. ${(error as Error).message}`]);
  }
}
