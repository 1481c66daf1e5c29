import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config';
import { logger } from '../../logging';
import { messagesInFlight, sidekiqBacklog, sidekiqConsumerUp } from '../../metrics';
import { RedisConnections, type RedisClient } from '../../redis';
import { plainType } from '../domain/message-type';
import { FailurePolicy } from '../failure-policy';
import type { Attempt, Settlement } from '../failure-policy';
import { MessageHandler } from '../message-handler';
import type { Pausable } from '../outage-pause';
import { parkable } from '../parked/parkable';
import { ParkedMessages } from '../parked/parked-messages';
import { decodeJob } from './decode-job';
import { JobConsumer } from './job-consumer';
import type { Sight } from './job-consumer';
import { JobQueue } from './job-queue';

const log = logger.child({ component: 'sidekiq' });

/**
 * The way in over Redis, wired: what the services of a Travis installation queue for its hub with Sidekiq. Without
 * `REDIS_URL` there is none, and everything here does nothing.
 */
@Injectable()
export class SidekiqIntake implements Pausable {
  private consumer: JobConsumer | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly redis: RedisConnections,
    private readonly policy: FailurePolicy,
    private readonly messages: MessageHandler,
    private readonly parked: ParkedMessages,
  ) {}

  get consuming(): boolean {
    return this.consumer?.consuming ?? false;
  }

  /** Why no jobs are taken, as far as that is known; null when they are, or when no Redis is configured. */
  get degraded(): string | null {
    return this.consumer?.degraded ?? null;
  }

  start(): void {
    const { client } = this.redis;
    if (!client) return;
    this.consumer = this.createConsumer(client, this.redis.duplicate());
    this.consumer.start();
  }

  async pause(because: string): Promise<void> {
    await this.consumer?.pause(because);
  }

  resume(): void {
    this.consumer?.resume();
  }

  /** Takes nothing more, finishes what is in hand as long as the grace period allows, and gives back the rest. */
  async drain(): Promise<void> {
    if (!this.consumer) return;
    const left = await this.consumer.drain(this.config.graceMs);
    log.info({ left }, left === 0 ? 'drained' : 'drained in part; the rest goes back to the queue');
  }

  private createConsumer(client: RedisClient, blocking: RedisClient): JobConsumer {
    // Never that of another process, also not of one in another container or of one before this.
    const name = `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
    const queue = new JobQueue(name, client, blocking);
    const { prefetch } = this.config.rabbitmq;
    return new JobConsumer(queue, prefetch, (job, signal) => this.process(job, signal), measure, log);
  }

  private async process(bytes: Buffer, signal: AbortSignal): Promise<Settlement> {
    const { message, rejected } = decodeJob(bytes);
    const attempt: Attempt = {
      name: message.type === undefined ? 'none' : plainType(message.type),
      apply: () => (rejected ? Promise.reject(rejected) : this.messages.apply(message)),
      park: async (reason, detail) => {
        await this.parked.park(parkable('sidekiq', message, reason, detail));
      },
    };
    messagesInFlight.inc();
    try {
      return await this.policy.run(attempt, signal);
    } finally {
      messagesInFlight.dec();
    }
  }
}

/** Without an answer the backlog is absent rather than old: an alert must not rest on stale numbers. */
function measure({ consuming, waiting }: Sight): void {
  sidekiqConsumerUp.set(consuming ? 1 : 0);
  if (waiting === null) sidekiqBacklog.remove();
  else sidekiqBacklog.set(waiting);
}
