import type { RedisClient } from '../../redis';
import type { DeliverContext, DeliveryOutcome, Notice } from '../channel';
import type { Handover } from './handover';
import { HandoverChannel } from './handover-channel';
import { SidekiqClient } from './sidekiq-client';

/** Hands over by pushing jobs to a queue in Redis. */
export class SidekiqChannel extends HandoverChannel {
  /** Redis answers within milliseconds, or not at all. */
  readonly timeoutMs = 10_000;
  readonly variable = 'REDIS_URL';
  readonly possible: boolean;
  private readonly sidekiq: SidekiqClient | null;

  /** @param redis null when none is configured: nothing can be handed over then */
  constructor(
    private readonly handover: Handover,
    redis: RedisClient | null,
  ) {
    super(handover);
    this.sidekiq = redis === null ? null : new SidekiqClient(redis);
    this.possible = redis !== null;
  }

  override get available(): boolean {
    return this.sidekiq?.available ?? false;
  }

  async deliver(notice: Notice, target: unknown, { deliveryId, signal }: DeliverContext): Promise<DeliveryOutcome> {
    if (this.sidekiq === null) return { kind: 'retry', reason: 'no Redis is configured: set REDIS_URL' };
    const job = await this.handover.job(notice, target);
    if ('reason' in job) return job;
    const happenedMs = Date.parse(notice.event.at);
    await this.sidekiq.push(job, { deliveryId, happenedMs, nowMs: Date.now() }, signal);
    return { kind: 'delivered' };
  }
}
