import type { RedisClient } from '../../redis/redis-connection';
import type { Channel, DeliverContext, DeliveryOutcome, Notice, ChannelTarget } from '../channel';
import type { Handover } from './handover';
import { SidekiqClient } from './sidekiq-client';

/** Redis answers within milliseconds, or not at all. */
const TIMEOUT_MS = 10_000;

/**
 * A hand-over as a channel, so that it is planned and delivered like any other. Its rows have a name of their own: when
 * somebody changes the mode, what was planned before still goes the way that it was planned for.
 */
export class HandoverChannel implements Channel {
  readonly name: string;
  readonly timeoutMs = TIMEOUT_MS;
  private readonly sidekiq: SidekiqClient | null;

  /** @param redis null when none is configured: nothing can be handed over then */
  constructor(
    readonly of: Handover,
    private readonly redis: RedisClient | null,
  ) {
    this.name = `handover-${of.name}`;
    this.sidekiq = redis === null ? null : new SidekiqClient(redis);
  }

  get events(): Channel['events'] {
    return this.of.events;
  }

  /** There is a Redis to hand over to, whether or not it answers now. */
  get possible(): boolean {
    return this.redis !== null;
  }

  get available(): boolean {
    return this.sidekiq?.available ?? false;
  }

  targets(notice: Notice): readonly ChannelTarget<unknown>[] {
    return this.of.targets(notice);
  }

  async deliver(notice: Notice, target: unknown, { deliveryId, signal }: DeliverContext): Promise<DeliveryOutcome> {
    if (this.sidekiq === null) return { kind: 'retry', reason: 'no Redis is configured: set REDIS_URL' };
    const job = await this.of.job(notice, target);
    if ('reason' in job) return job;
    const happenedMs = Date.parse(notice.event.at);
    await this.sidekiq.push(job, { deliveryId, happenedMs, nowMs: Date.now() }, signal);
    return { kind: 'delivered' };
  }
}
