import {
  NotAttempted,
  type Deliverer,
  type Delivery,
  type DeliveryOutcome,
  type RetryPolicy,
} from '../contracts/delivery';
import { classifyFailure } from '../database';
import type { Channel } from './channel';
import type { Notice } from './notice';
import type { NoticeLoader } from './notice-loader';
import { decisionsOf, findTarget, type Decisions } from './targets';

/** About nine hours in all: receivers that are down over night are told in the morning. A day, if they ask for pauses. */
const RETRY: RetryPolicy = { firstPauseMs: 2_000, longestPauseMs: 3_600_000, attempts: 20, horizonMs: 86_400_000 };

interface Facts {
  readonly notice: Notice;
  readonly decisions: Decisions;
}

/**
 * Carries a channel's deliveries out: reads the event as it was decided, finds the target again (its secrets are
 * never stored) and lets the channel tell it.
 */
export class ChannelDeliverer implements Deliverer {
  readonly retry: RetryPolicy;
  readonly slowsDown: boolean = true;

  constructor(
    private readonly of: Channel,
    private readonly notices: NoticeLoader,
    retry: RetryPolicy = RETRY,
  ) {
    this.retry = { ...retry, ...of.retry };
  }

  get channel(): string {
    return this.of.name;
  }

  get latestOnly(): boolean {
    return this.of.latestOnly === true;
  }

  get strictOrder(): boolean {
    return this.of.strictOrder ?? false;
  }

  get timeoutMs(): number {
    return this.of.timeoutMs;
  }

  async deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    const facts = delivery.eventId === null ? undefined : await this.read(delivery.eventId, signal);
    if (!facts) return { kind: 'dropped', reason: 'the event or its build no longer exists' };
    const target = findTarget(facts.decisions, delivery.element, delivery.fingerprint);
    if (!target) return { kind: 'dropped', reason: 'the config no longer names this target' };
    return this.of.deliver(facts.notice, target.target, {
      deliveryId: delivery.id,
      attempt: delivery.attempt,
      signal,
    });
  }

  /** @throws NotAttempted when the database is away or silent */
  private async read(eventId: number, signal: AbortSignal): Promise<Facts | undefined> {
    let silent: () => void = () => undefined;
    const timeIsOver = new Promise<never>((_resolve, reject) => {
      silent = () => reject(new NotAttempted(signal.reason));
      signal.addEventListener('abort', silent, { once: true });
    });
    try {
      return await Promise.race([this.lookUp(eventId), timeIsOver]);
    } catch (error) {
      throw classifyFailure(error) === 'transient' ? new NotAttempted(error) : error;
    } finally {
      signal.removeEventListener('abort', silent);
    }
  }

  private async lookUp(eventId: number): Promise<Facts | undefined> {
    const notice = await this.notices.load(eventId);
    if (!notice) return undefined;
    const decisions = decisionsOf(this.of, notice);
    return { notice, decisions: decisions instanceof Promise ? await decisions : decisions };
  }
}
