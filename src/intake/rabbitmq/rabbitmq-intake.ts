import { Inject, Injectable } from '@nestjs/common';
import type { INestApplication } from '@nestjs/common';
import { CONFIG, type Config } from '../../config';
import type { BrokerStatus } from '../../contracts/broker-status';
import { logger } from '../../logging';
import { messagesInFlight } from '../../metrics';
import { FailurePolicy } from '../failure-policy';
import type { Pausable } from '../outage-pause';
import { parkable } from '../parked/parkable';
import { ParkedMessages } from '../parked/parked-messages';
import { ReliableRmqServer } from './reliable-rmq.server';

const EXCHANGE = 'reporting';

const log = logger.child({ component: 'rabbitmq' });

/** The way in over RabbitMQ, wired. Without a broker's url there is none, and everything here does nothing. */
@Injectable()
export class RabbitmqIntake implements BrokerStatus, Pausable {
  private readonly server: ReliableRmqServer | null;

  constructor(
    @Inject(CONFIG) config: Config,
    private readonly policy: FailurePolicy,
    private readonly parked: ParkedMessages,
  ) {
    this.server = config.rabbitmq.url === null ? null : this.createServer(config, config.rabbitmq.url);
  }

  /** False when Hub takes no messages from a broker. */
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

  async pause(because: string): Promise<void> {
    await this.server?.pause(because);
  }

  resume(): void {
    this.server?.resume();
  }

  /** Takes nothing more and finishes what is in hand, as long as the grace period allows. */
  async drain(): Promise<void> {
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
      async (message, reason, detail) => {
        await this.parked.park(parkable('rabbitmq', message, reason, detail));
      },
      log,
      messagesInFlight,
    );
  }
}
