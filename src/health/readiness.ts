import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';
import { CONFIG, type Config } from '../config';
import { findBrokerStatus } from '../contracts/broker-status';
import { DatabaseState } from '../database/database-state';
import { describeFailure } from '../database/errors';
import { SidekiqIntake } from '../intake';
import { RedisConnections } from '../redis';
import { DatabasePing } from './database-ping';
import { Lifecycle } from './lifecycle';

const KEEP_MS = 1_000;

/**
 * What readiness rests on (architecture.md, "Ready means"): the database answers, no migration of ours is pending, and
 * Hub is not stopping. A broker or Redis that is away only degrades: workers that report over HTTP never retry, so such
 * an outage must not take their endpoint away.
 */
@Injectable()
export class Readiness {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly indicators: HealthIndicatorService,
    private readonly lifecycle: Lifecycle,
    private readonly database: DatabaseState,
    private readonly ping: DatabasePing,
    private readonly modules: ModuleRef,
    private readonly redis: RedisConnections,
    private readonly sidekiq: SidekiqIntake,
  ) {}

  /** One function per line of the report. */
  readonly checks: readonly HealthIndicatorFunction[] = [
    () => this.checkProcess(),
    () => this.checkDatabase(),
    () => this.checkMigrations(),
    () => this.checkBroker(),
    () => this.checkRedis(),
  ];

  private checkProcess() {
    const line = this.indicators.check('process');
    return this.lifecycle.stopping ? line.down('Hub is stopping and finishes what it has in hand.') : line.up();
  }

  /** Questions within a second share one answer, so that probes cost the database next to nothing. */
  private checkDatabase() {
    return this.indicators
      .check('database')
      .attempt(() => this.ping.ask().catch(explain))
      .cacheFor(KEEP_MS);
  }

  /** Ours only: a migration that this version does not know was made by a newer replica and is no concern. */
  private checkMigrations() {
    const line = this.indicators.check('migrations');
    return this.database.ready ? line.up() : line.down(this.database.problem ?? 'Migrations are still running.');
  }

  private checkBroker() {
    const line = this.indicators.check('rabbitmq');
    if (this.config.rabbitmq.url === null)
      return line.up({ message: 'No broker is configured: Hub takes no messages.' });
    const broker = findBrokerStatus(this.modules);
    if (!broker?.consuming)
      return line.degraded(broker?.degraded ?? 'Not consuming: the broker is away or has not answered yet.');
    return broker.degraded === null ? line.up() : line.degraded(broker.degraded);
  }

  private checkRedis() {
    const line = this.indicators.check('redis');
    if (this.redis.client === null) return line.up({ message: 'No Redis is configured.' });
    if (this.redis.problem !== null) return line.degraded(`Redis does not answer: ${this.redis.problem}.`);
    if (this.sidekiq.consuming) return line.up();
    return line.degraded(this.sidekiq.degraded ?? 'No jobs are taken from Redis yet.');
  }
}

function explain(error: unknown): never {
  throw new Error(`The database does not answer: ${describeFailure(error)}`, { cause: error });
}
