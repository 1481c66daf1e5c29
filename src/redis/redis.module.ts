import {
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import { RedisConnection } from './redis-connection';

/** The Redis servers of a Travis installation, as far as they are configured; connected in the background. */
@Injectable()
export class RedisConnections implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Where the queues of most services are; null when there is no Redis. */
  readonly main: RedisConnection | null;
  /** Where the queue of travis-insights is: its own Redis, or the same. */
  readonly insights: RedisConnection | null;

  constructor(@Inject(CONFIG) { redis }: Config) {
    this.main = redis.url === null ? null : new RedisConnection('main', redis.url);
    this.insights =
      redis.insightsUrl === null || redis.insightsUrl === redis.url
        ? this.main
        : new RedisConnection('insights', redis.insightsUrl);
  }

  onApplicationBootstrap(): void {
    for (const connection of this.all()) connection.start();
  }

  onApplicationShutdown(): void {
    for (const connection of this.all()) connection.close();
  }

  private all(): readonly RedisConnection[] {
    return [...new Set([this.main, this.insights])].filter((connection) => connection !== null);
  }
}

/** Redis, for what a Travis installation keeps there. Hub itself needs none. */
@Global()
@Module({ providers: [RedisConnections], exports: [RedisConnections] })
export class RedisModule {}
