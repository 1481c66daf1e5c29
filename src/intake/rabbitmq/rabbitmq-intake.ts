import { Inject, Injectable } from '@nestjs/common';
import type { INestApplication, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { CONFIG, type Config } from '../../config';
import type { BrokerStatus } from '../../contracts/broker-status';
import type { RejectReason } from '../../contracts/command';
import { Transactions } from '../../database/transaction';
import { logger } from '../../logging';
import { countMessage, messagesInFlight } from '../../metrics';
import { Batcher } from '../batcher';
import { normaliseMessage } from '../normalise';
import { ParkedMessages } from '../parked/parked-messages';
import { FailurePolicy } from './failure-policy';
import type { IncomingMessage } from './incoming-message';
import { OutagePause } from './outage-pause';
import { ReliableRmqServer } from './reliable-rmq.server';

const EXCHANGE = 'reporting';

const log = logger.child({ component: 'rabbitmq' });

/**
 * The way in over RabbitMQ, wired: transport, failure policy, parking, outage pause. Without a broker's url there is
 * none, and everything here does nothing.
 */
@Injectable()
export class RabbitmqIntake implements BrokerStatus, OnApplicationBootstrap, OnModuleDestroy {
  private readonly policy = new FailurePolicy(log, (type) => countMessage(type, 'retried'));
  private readonly server: ReliableRmqServer | null;
  /** Public so that tests need not wait a minute. */
  readonly outage: OutagePause | null;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly batcher: Batcher,
    private readonly parked: ParkedMessages,
    private readonly transactions: Transactions,
  ) {
    this.server = config.rabbitmq.url === null ? null : this.createServer(config, config.rabbitmq.url);
    this.outage = this.server && this.createOutagePause(this.server);
  }

  /** False when Hub takes messages over HTTP only. */
  get configured(): boolean {
    return this.server !== null;
  }

  get consuming(): boolean {
    return this.server?.consuming ?? false;
  }

  get degraded(): string | null {
    return this.server?.degraded ?? null;
  }

  /**
   * Makes the application a microservice that consumes the queue, once `startAllMicroservices()` is called. That does
   * not resolve while the broker is away, so listen for HTTP first and do not await it.
   * @returns false when no broker is configured
   */
  connect(app: INestApplication): boolean {
    if (this.server) app.connectMicroservice({ strategy: this.server });
    return this.configured;
  }

  onApplicationBootstrap(): void {
    this.outage?.start();
  }

  /** The first hook of a shutdown: HTTP closes later, so probes answer while we drain. */
  async onModuleDestroy(): Promise<void> {
    this.batcher.hurry();
    await this.outage?.stop();
    await this.server?.drain();
  }

  private createServer({ rabbitmq, graceMs }: Config, url: string): ReliableRmqServer {
    const { queue, queueArguments, prefetch } = rabbitmq;
    return new ReliableRmqServer(
      {
        url,
        topology: { queue: `reporting.jobs.${queue}`, exchange: EXCHANGE, queueArguments },
        prefetch,
        drainTimeoutMs: graceMs,
      },
      this.policy,
      (message, reason, detail) => this.park(message, reason, detail),
      log,
      messagesInFlight,
    );
  }

  private createOutagePause(server: ReliableRmqServer): OutagePause {
    return new OutagePause(
      server,
      {
        troubledSince: () => earliest(this.batcher.troubledSince, this.policy.heldSince),
        probe: () => this.probe(),
        giveBack: () => this.batcher.giveBack(),
      },
      log,
    );
  }

  private async park(message: IncomingMessage, reason: RejectReason, detail: string): Promise<void> {
    const { type, body, properties } = message;
    await this.parked.park({ source: 'rabbitmq', type, reason, detail, body, properties, ...subjectOf(message) });
  }

  /** A standby that was not promoted yet answers, but takes no work. */
  private async probe(): Promise<void> {
    const [row] = await this.transactions.run((tx) =>
      tx.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby'),
    );
    if (row?.standby !== false) throw new Error('the database is a standby');
  }
}

/** What a rejected message was about; nothing when that cannot be read, which is then why it is rejected. */
function subjectOf(message: IncomingMessage): { subject?: 'job' | 'build'; subjectId?: number } {
  try {
    const { subject, id } = normaliseMessage(message.type, message.body);
    return { subject, subjectId: id };
  } catch {
    return {};
  }
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
