import type { Deliverer, Delivery, DeliveryOutcome } from '../contracts/delivery';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { deliveryAttemptsTotal } from '../metrics';
import { AttentiveClock } from './attentive-clock';
import type { DeliveryStore } from './delivery-store';
import { Destinations, type Waiting } from './destinations';
import { nextState } from './domain/next-state';
import { OutcomeWriter } from './outcome-writer';
import { tryOnce } from './try-once';

/** At most so many attempts at once in a lane: enough that some slow targets do not hold up the others. */
const MOST_IN_FLIGHT = 200;
/** What takes longer than this makes room for others, as far as its destination is slowed down for it. */
const SLOW_MS = 2_000;
/** Slow ones included, in a lane. */
const MOST_IN_ALL = 1_000;
/** A busy process is late by less. */
const STOOD_STILL_MS = 2_000;
/** What could not begin is given back for so long. */
const AGAIN_MS = 1_000;

const OUTLIVED: DeliveryOutcome = { kind: 'dropped', reason: 'the job was started over since' };
const TOO_LATE: DeliveryOutcome = {
  kind: 'retry',
  reason: 'its destination failed for as long as it was worth trying',
};
const NEVER_BEGAN: DeliveryOutcome = {
  kind: 'retry',
  reason: 'the database did not say what there is to tell for as long as it was worth telling',
};

const log = logger.child({ component: 'deliveries' });

interface InFlight {
  readonly lane: string;
  readonly work: Promise<void>;
  readonly begun: number;
  readonly slowsDown: boolean;
  readonly abort: AbortController;
}

/** What the {@link Attempts} tell their owner. */
export interface AttemptListener {
  /** An attempt of the channel is over: there is room, and what waited for it may be due. */
  ended(channel: string): void;
  /** The database did not take what came of an attempt. */
  troubled(error: unknown): void;
}

/** The attempts of this process that are on their way, each to a destination that has a turn for it. */
export class Attempts {
  private readonly inFlight = new Map<number, InFlight>();
  private readonly destinations = new Destinations();
  /** How long targets take, apart from how long we take to notice. */
  private readonly clock = new AttentiveClock();
  private readonly outcomes: OutcomeWriter;
  private stopping = false;

  constructor(
    private readonly store: DeliveryStore,
    private readonly listener: AttemptListener,
  ) {
    this.outcomes = new OutcomeWriter(store, (error) => listener.troubled(error));
  }

  /** Ids of the deliveries that are being tried. */
  get ids(): readonly number[] {
    return [...this.inFlight.keys()];
  }

  /** How many more may begin in a lane. */
  roomIn(lane: string): number {
    const slow = this.clock.now() - SLOW_MS;
    const inLane = [...this.inFlight.values()].filter((attempt) => attempt.lane === lane);
    const counted = inLane.filter(({ begun, slowsDown }) => !slowsDown || begun > slow);
    return Math.min(MOST_IN_FLIGHT - counted.length, MOST_IN_ALL - inLane.length);
  }

  /** Those that were given a turn but need not wait for it any longer. */
  early(): readonly Waiting[] {
    return this.destinations.early(this.clock.now());
  }

  /** @returns 0 when the attempt has begun, else in how many milliseconds its destination has a turn for it */
  begin(delivery: Delivery, deliverer: Deliverer, lane: string): number {
    const { slowsDown = false } = deliverer;
    const destination = slowsDown ? (delivery.destination ?? delivery.channel) : null;
    const begun = this.clock.now();
    const afterMs = destination === null ? 0 : this.destinations.admit(destination, begun, delivery.attempt > 1);
    const tooLate = afterMs > 0 && isTooLate(delivery, deliverer);
    if (destination !== null && afterMs > 0 && !tooLate) {
      this.destinations.wait(destination, { id: delivery.id, attempts: delivery.attempt - 1, turn: begun + afterMs });
      return afterMs;
    }
    const abort = new AbortController();
    const attempt = tooLate
      ? this.settle(delivery, deliverer, TOO_LATE, 0)
      : this.attempt(delivery, deliverer, destination, abort);
    const work = attempt.finally(() => {
      this.inFlight.delete(delivery.id);
      this.listener.ended(delivery.channel);
    });
    this.inFlight.set(delivery.id, { lane, work, abort, begun, slowsDown });
    return 0;
  }

  /** From now on the database is not waited for, and what fails is given back uncounted. */
  hurry(): void {
    this.stopping = true;
    this.outcomes.hurry();
  }

  /** Resolves when all attempts are over and written; those that take longer than this are broken off. */
  async over(patienceMs: number): Promise<void> {
    const over = Promise.all([...this.inFlight.values()].map(({ work }) => work));
    const timer = setTimeout(() => {
      for (const { abort } of this.inFlight.values()) abort.abort();
    }, patienceMs);
    await over;
    clearTimeout(timer);
    await this.outcomes.settled();
    this.clock.stop();
  }

  private async attempt(
    delivery: Delivery,
    deliverer: Deliverer,
    destination: string | null,
    abort: AbortController,
  ): Promise<void> {
    const [begun, noticed] = [performance.now(), this.clock.now()];
    const outcome = delivery.outlived ? OUTLIVED : await tryOnce(deliverer, delivery, abort);
    faultPoint('after-send');
    const durationMs = performance.now() - begun;
    const tookMs = this.clock.now() - noticed;
    const brokenOff = this.stopping && outcome?.kind === 'retry';
    const untried = outcome === null || brokenOff;
    // What timed out while this process stood still says nothing of the destination.
    const learnt = untried || durationMs - tookMs > STOOD_STILL_MS ? 'dropped' : outcome.kind;
    if (destination !== null) this.learn(destination, learnt, tookMs);
    if (untried && (brokenOff || !isTooLate(delivery, deliverer)))
      await this.giveBack(delivery, brokenOff ? 0 : AGAIN_MS);
    else await this.settle(delivery, deliverer, outcome ?? NEVER_BEGAN, durationMs);
  }

  private learn(destination: string, outcome: DeliveryOutcome['kind'], tookMs: number): void {
    // What was dropped may never have gone there.
    if (outcome === 'dropped') this.destinations.released(destination);
    else this.destinations.ended(destination, outcome !== 'retry', tookMs, this.clock.now());
  }

  private async giveBack({ id }: Delivery, pauseMs: number): Promise<void> {
    await this.store.release([id], [pauseMs]).catch((error: unknown) => this.listener.troubled(error));
  }

  private async settle(
    delivery: Delivery,
    deliverer: Deliverer,
    outcome: DeliveryOutcome,
    durationMs: number,
  ): Promise<void> {
    deliveryAttemptsTotal.inc({ channel: delivery.channel, outcome: outcome.kind });
    const triedForMs = delivery.triedForMs + durationMs;
    const next = nextState(outcome, delivery.attempt, deliverer.retry, Math.random(), triedForMs);
    if (next.state === 'failed') {
      const reason = 'reason' in outcome ? outcome.reason : undefined;
      log.warn(
        { delivery: delivery.id, channel: delivery.channel, reason },
        'a delivery failed for good; retry it by hand once its cause is mended',
      );
    }
    await this.outcomes.record({ delivery, outcome, next, durationMs });
  }
}

function isTooLate({ triedForMs }: Delivery, { retry }: Deliverer): boolean {
  return triedForMs > (retry.horizonMs ?? Infinity);
}
