import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { connect, type ChannelWrapper, type AmqpConnectionManager } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { CONFIG, type Config } from '../config';
import type { Deliverer, Delivery, DeliveryOutcome } from '../contracts/delivery';
import { Deliverers } from '../deliveries';
import { logger } from '../logging';
import { WORKERS_LANE } from './lane';

const EXCHANGE = 'worker.commands';
const log = logger.child({ component: 'worker-commands' });

/**
 * Tells the workers to stop a job: `cancel_job` on the fanout `worker.commands` (wire.md §3.1).
 *
 * The exchange is declared exactly as workers declare it, not durable; any other way would break every worker. It has
 * a connection of its own, so that a blocked intake does not hold up cancellations.
 */
@Injectable()
export class WorkerCommands implements Deliverer, OnModuleInit, OnApplicationShutdown {
  readonly channel = 'worker-commands';
  readonly lane = WORKERS_LANE;
  readonly timeoutMs = 10_000;
  /** An hour against a broker that refuses; afterwards the worker's next report is answered with another cancel. */
  readonly retry = { firstPauseMs: 500, longestPauseMs: 10_000, attempts: 360 };
  private connection: AmqpConnectionManager | null = null;
  private publisher: ChannelWrapper | null = null;

  constructor(
    private readonly deliverers: Deliverers,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    const { url } = this.config.rabbitmq;
    if (url !== null) {
      this.connection = connect([url], { heartbeatIntervalInSeconds: 10, reconnectTimeInSeconds: 1 });
      this.connection.on('connectFailed', ({ err }) => {
        log.debug({ err }, 'no connection to the broker');
      });
      this.publisher = this.connection.createChannel({
        confirm: true,
        publishTimeout: this.timeoutMs,
        setup: (channel: ConfirmChannel) =>
          channel.assertExchange(EXCHANGE, 'fanout', { durable: false, autoDelete: false }),
      });
      this.publisher.on('error', (err) => {
        log.warn({ err }, `cannot set up exchange ${EXCHANGE}: is it declared durable? workers need it not to be`);
      });
    }
    this.deliverers.register(this);
  }

  /** While the broker is away cancellations wait, however long that is; the workers do not hear anything then anyway. */
  get available(): boolean {
    return this.connection?.isConnected() ?? true;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.publisher?.close().catch(() => undefined);
    await this.connection?.close().catch(() => undefined);
  }

  async deliver({ jobId, payload }: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    if (jobId === null) return { kind: 'rejected', reason: 'the delivery names no job' };
    if (!this.publisher)
      return { kind: 'dropped', reason: 'no broker is configured: set RABBITMQ_URL to reach workers' };
    signal.throwIfAborted();
    // `job_id` must be a number: workers cannot parse anything else, and the cancel would be lost.
    const message = { type: 'cancel_job', job_id: jobId, source: 'hub', reason: payload?.['reason'] ?? '' };
    await this.publisher.publish(EXCHANGE, '', Buffer.from(JSON.stringify(message)), {
      persistent: true,
      contentType: 'application/json',
    });
    return { kind: 'delivered' };
  }
}
