import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Deliverer, Delivery, DeliveryOutcome } from '../contracts/delivery';
import { DatabaseState } from '../database';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { deliveryAttemptsTotal } from '../metrics';
import { Deliverers, type Lane } from './deliverers';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore } from './delivery-store';
import { Destinations } from './destinations';
import { nextState } from './domain/next-state';
import { OutcomeWriter } from './outcome-writer';
import { tryOnce } from './try-once';

/** At most so many attempts at once in a lane: enough that some slow targets do not hold up the others. */
const MOST_IN_FLIGHT = 200;
/** What takes longer than this makes room for others, as far as its destination is slowed down for it. */
const SLOW_MS = 2_000;
/** Slow ones included, in a lane. */
const MOST_IN_ALL = 1_000;
/** Under load it is cheaper to wait until some attempts have ended than to claim rows one by one. */
const LEAST_CLAIMED = 50;
/** Short, because it is how long a dead process delays what it had in hand; renewed while attempts go on. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
const SWEEP_MS = 1_000;
/** What comes in a burst is claimed and recorded together: each write costs the database a commit. */
const GATHER_MS = 15;

const OUTLIVED: DeliveryOutcome = { kind: 'dropped', reason: 'the job was started over since' };
const TOO_LATE: DeliveryOutcome = {
  kind: 'retry',
  reason: 'its destination failed for as long as it was worth trying',
};

const log = logger.child({ component: 'deliveries' });

interface InFlight {
  readonly lane: string;
  readonly work: Promise<void>;
  readonly begun: number;
  readonly slowsDown: boolean;
  readonly abort: AbortController;
}

/** Delivers what is due: claim, attempt, record. Every replica runs one; leases keep them apart (D10). */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly inFlight = new Map<number, InFlight>();
  private readonly destinations = new Destinations();
  private readonly outcomes: OutcomeWriter;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private renewal: NodeJS.Timeout | undefined;
  private troubled = false;

  constructor(
    private readonly store: DeliveryStore,
    private readonly deliverers: Deliverers,
    private readonly queue: DeliveryQueue,
    private readonly database: DatabaseState,
  ) {
    this.outcomes = new OutcomeWriter(store, (error) => this.noteTrouble(error));
  }

  onApplicationBootstrap(): void {
    this.loop = this.run();
    this.renewal = setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  /** Stops at a safe point: attempts that cannot end soon are broken off and given back uncounted. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.outcomes.hurry();
    this.queue.nudge();
    await this.loop;
    const over = Promise.all([...this.inFlight.values()].map(({ work }) => work));
    const timer = setTimeout(() => {
      for (const { abort } of this.inFlight.values()) abort.abort();
    }, 3_000);
    await over;
    clearTimeout(timer);
    await this.outcomes.settled();
    clearInterval(this.renewal);
  }

  /** Claims and starts what fits; returns how many it claimed. */
  async runOnce(): Promise<number> {
    const early = this.destinations.early(performance.now());
    if (early.length > 0) await this.store.hasten(early);
    const claimed = await Promise.all(this.deliverers.lanes().map((lane) => this.fill(lane)));
    return claimed.reduce((sum, count) => sum + count, 0);
  }

  private async fill({ name, channels, latestOnly }: Lane): Promise<number> {
    const room = this.roomIn(name);
    if (room < LEAST_CLAIMED) return 0;
    const claimed = latestOnly
      ? await this.store.claimLatest(channels, room, LEASE_MS)
      : await this.store.claim(channels, room, LEASE_MS, this.deliverers.strictlyOrdered(channels));
    if (claimed.length > 0) faultPoint('after-claim');
    const later: { readonly id: number; readonly afterMs: number }[] = [];
    for (const delivery of claimed) {
      const afterMs = this.start(delivery, name);
      if (afterMs > 0) later.push({ id: delivery.id, afterMs });
    }
    if (later.length > 0) {
      await this.store.release(
        later.map(({ id }) => id),
        later.map(({ afterMs }) => afterMs),
      );
    }
    return claimed.length;
  }

  private roomIn(lane: string): number {
    const slow = performance.now() - SLOW_MS;
    const inLane = [...this.inFlight.values()].filter((attempt) => attempt.lane === lane);
    const counted = inLane.filter(({ begun, slowsDown }) => !slowsDown || begun > slow);
    return Math.min(MOST_IN_FLIGHT - counted.length, MOST_IN_ALL - inLane.length);
  }

  /** @returns 0 when the attempt has begun, else in how many milliseconds its destination has a turn for it */
  private start(delivery: Delivery, lane: string): number {
    const deliverer = this.deliverers.get(delivery.channel);
    if (!deliverer) return SWEEP_MS;
    const { slowsDown = false } = deliverer;
    const destination = slowsDown ? (delivery.destination ?? delivery.channel) : null;
    const begun = performance.now();
    const afterMs = destination === null ? 0 : this.destinations.admit(destination, begun, delivery.attempt > 1);
    const tooLate = afterMs > 0 && delivery.triedForMs > (deliverer.retry.horizonMs ?? Infinity);
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
      this.queue.nudge();
    });
    this.inFlight.set(delivery.id, { lane, work, abort, begun, slowsDown });
    return 0;
  }

  private async run(): Promise<void> {
    if (!(await this.database.becameReady())) return;
    while (!this.stopping) {
      const started = await this.runOnce().catch((error: unknown) => this.noteTrouble(error));
      if (started > 0) this.troubled = false;
      else await this.queue.wait(SWEEP_MS);
      if (!this.stopping) await wait(GATHER_MS);
    }
  }

  private async attempt(
    delivery: Delivery,
    deliverer: Deliverer,
    destination: string | null,
    abort: AbortController,
  ): Promise<void> {
    const begun = performance.now();
    const outcome = delivery.outlived ? OUTLIVED : await tryOnce(deliverer, delivery, abort);
    faultPoint('after-send');
    const durationMs = performance.now() - begun;
    const brokenOff = this.stopping && outcome.kind === 'retry';
    if (destination !== null) this.learn(destination, brokenOff ? 'dropped' : outcome.kind, durationMs);
    if (brokenOff) await this.store.release([delivery.id]).catch((error: unknown) => this.noteTrouble(error));
    else await this.settle(delivery, deliverer, outcome, durationMs);
  }

  private learn(destination: string, outcome: DeliveryOutcome['kind'], durationMs: number): void {
    // What was dropped may never have gone there.
    if (outcome === 'dropped') this.destinations.released(destination);
    else this.destinations.ended(destination, outcome !== 'retry', durationMs, performance.now());
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

  private async renew(): Promise<void> {
    const ids = [...this.inFlight.keys()];
    if (ids.length > 0) await this.store.renew(ids, LEASE_MS).catch((error: unknown) => this.noteTrouble(error));
  }

  private noteTrouble(error: unknown): 0 {
    if (!this.troubled) log.warn({ err: error }, 'deliveries wait for the database');
    this.troubled = true;
    return 0;
  }
}
