import type { RetryPolicy } from '../../contracts/delivery';
import { ChannelDeliverer } from '../channel-deliverer';
import type { NoticeLoader } from '../notice-loader';
import type { HandoverChannel } from './handover-channel';

/**
 * About a day of trying, once a minute: for a service that is away, or a Redis that answers but refuses (full, read-only,
 * no permission). An outage of Redis costs no attempts: nothing is tried while it does not answer, however long that is.
 */
const RETRY: RetryPolicy = { firstPauseMs: 1_000, longestPauseMs: 60_000, attempts: 1_440 };

/** Carries the deliveries of a hand-over out, apart from those of channels: a slow webhook delays no queue. */
export class HandoverDeliverer extends ChannelDeliverer {
  readonly lane: string;
  /** All of them go to Redis, which is either there or not. */
  override readonly slowsDown = false;

  constructor(
    private readonly handover: HandoverChannel,
    notices: NoticeLoader,
  ) {
    super(handover, notices, RETRY);
    this.lane = handover.of.lane ?? 'handover';
  }

  get available(): boolean {
    return this.handover.available;
  }
}
