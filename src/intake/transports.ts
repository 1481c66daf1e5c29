import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Transactions } from '../database/transaction';
import { logger } from '../logging';
import { Batcher } from './batcher';
import { FailurePolicy } from './failure-policy';
import { OutagePause } from './outage-pause';
import { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';
import { SidekiqIntake } from './sidekiq/sidekiq-intake';

const log = logger.child({ component: 'intake' });

/**
 * The transports that hand out messages, together: they share one batcher, so they pause together when the database is
 * away for long, and stop together when Hub does.
 */
@Injectable()
export class Transports implements OnApplicationBootstrap, OnModuleDestroy {
  /** Public so that tests need not wait a minute. */
  readonly outage: OutagePause;

  constructor(
    private readonly batcher: Batcher,
    private readonly transactions: Transactions,
    private readonly rabbitmq: RabbitmqIntake,
    private readonly sidekiq: SidekiqIntake,
    policy: FailurePolicy,
  ) {
    this.outage = new OutagePause(
      [rabbitmq, sidekiq],
      {
        troubledSince: () => earliest(batcher.troubledSince, policy.heldSince),
        probe: () => this.probe(),
        giveBack: () => batcher.giveBack(),
      },
      log,
    );
  }

  /** RabbitMQ starts with Nest's microservices. */
  onApplicationBootstrap(): void {
    this.sidekiq.start();
    this.outage.start();
  }

  /** The first hook of a shutdown: HTTP closes later, so probes answer while we drain. */
  async onModuleDestroy(): Promise<void> {
    this.batcher.hurry();
    await this.outage.stop();
    await Promise.all([this.rabbitmq.drain(), this.sidekiq.drain()]);
  }

  /** A standby that was not promoted yet answers, but takes no work. */
  private async probe(): Promise<void> {
    const [row] = await this.transactions.run((tx) =>
      tx.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby'),
    );
    if (row?.standby !== false) throw new Error('the database is a standby');
  }
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
