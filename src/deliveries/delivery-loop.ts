import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Deliverer, Delivery, DeliveryOutcome } from '../contracts/delivery';
import { DatabaseState } from '../database';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { deliveryAttemptsTotal } from '../metrics';
import { Deliverers } from './deliverers';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore, type Attempt } from './delivery-store';
import { nextState } from './domain/next-state';

/** At most so many attempts at once in a lane: enough that some slow targets do not hold up the others. */
const MOST_IN_FLIGHT = 200;
/** Under load it is cheaper to wait until some attempts have ended than to claim rows one by one. */
const LEAST_CLAIMED = 50;
/** Short, because it is how long a dead process delays what it had in hand; renewed while attempts go on. */
const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** How long an attempt that is broken off may take to end in its own way. */
const ABORT_GRACE_MS = 1_000;
const SWEEP_MS = 1_000;
/** What comes in a burst is claimed and recorded together: each write costs the database a commit. */
const GATHER_MS = 15;

const OUTLIVED: DeliveryOutcome = { kind: 'dropped', reason: 'the job was started over since' };

const log = logger.child({ component: 'deliveries' });

interface InFlight {
  readonly lane: string;
  readonly work: Promise<void>;
  readonly abort: AbortController;
}

/** Delivers what is due: claim, attempt, record. Every replica runs one; leases keep them apart (D10). */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly inFlight = new Map<number, InFlight>();
  private outcomes: Attempt[] = [];
  private recording: Promise<void> | null = null;
  private stopping = false;
  private loop: Promise<void> = Promise.resolve();
  private renewal: NodeJS.Timeout | undefined;
  private troubled = false;

  constructor(
    private readonly store: DeliveryStore,
    private readonly deliverers: Deliverers,
    private readonly queue: DeliveryQueue,
    private readonly database: DatabaseState,
  ) {}

  onApplicationBootstrap(): void {
    this.loop = this.run();
    this.renewal = setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  /** Stops at a safe point: attempts that cannot end soon are broken off and given back uncounted. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.queue.nudge();
    await this.loop;
    const over = Promise.all([...this.inFlight.values()].map(({ work }) => work));
    const timer = setTimeout(() => {
      for (const { abort } of this.inFlight.values()) abort.abort();
    }, 3_000);
    await over;
    clearTimeout(timer);
    await this.recording;
    clearInterval(this.renewal);
  }

  /** Claims and starts what fits; returns how many. */
  async runOnce(): Promise<number> {
    const started = await Promise.all([...this.deliverers.lanes()].map((lane) => this.fill(...lane)));
    return started.reduce((sum, count) => sum + count, 0);
  }

  private async fill(lane: string, channels: readonly string[]): Promise<number> {
    const room = MOST_IN_FLIGHT - [...this.inFlight.values()].filter((attempt) => attempt.lane === lane).length;
    if (room < LEAST_CLAIMED) return 0;
    const claimed = await this.store.claim(channels, room, LEASE_MS);
    if (claimed.length > 0) faultPoint('after-claim');
    for (const delivery of claimed) {
      const abort = new AbortController();
      const work = this.attempt(delivery, abort).finally(() => {
        this.inFlight.delete(delivery.id);
        this.queue.nudge();
      });
      this.inFlight.set(delivery.id, { lane, work, abort });
    }
    return claimed.length;
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

  private async attempt(delivery: Delivery, abort: AbortController): Promise<void> {
    const deliverer = this.deliverers.get(delivery.channel);
    if (!deliverer) return;
    const begun = performance.now();
    const timer = setTimeout(() => {
      abort.abort(new Error(`no answer within ${deliverer.timeoutMs} ms`));
    }, deliverer.timeoutMs);
    const outcome = delivery.outlived ? OUTLIVED : await tryOnce(deliverer, delivery, abort.signal);
    clearTimeout(timer);
    faultPoint('after-send');
    if (this.stopping && outcome.kind === 'retry') {
      await this.store.release([delivery.id]).catch((error: unknown) => this.noteTrouble(error));
      return;
    }
    deliveryAttemptsTotal.inc({ channel: delivery.channel, outcome: outcome.kind });
    const next = nextState(outcome, delivery.attempt, deliverer.retry, Math.random());
    if (next.state === 'failed') {
      const reason = 'reason' in outcome ? outcome.reason : undefined;
      log.warn(
        { delivery: delivery.id, channel: delivery.channel, reason },
        'a delivery failed for good; retry it by hand once its cause is mended',
      );
    }
    await this.record({ delivery, outcome, next, durationMs: performance.now() - begun });
  }

  /** Attempts that end while others are being written are written together. */
  private async record(attempt: Attempt): Promise<void> {
    this.outcomes.push(attempt);
    this.recording ??= this.writeOutcomes().finally(() => (this.recording = null));
    await this.recording;
  }

  private async writeOutcomes(): Promise<void> {
    while (this.outcomes.length > 0) {
      await wait(GATHER_MS);
      const batch = this.outcomes.splice(0);
      try {
        await this.store.record(batch);
      } catch (error) {
        this.noteTrouble(error);
        // When stopping, the lease runs out and another replica delivers once more under the same id.
        if (this.stopping) return;
        this.outcomes.unshift(...batch);
        await wait(SWEEP_MS);
      }
    }
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

/** An attempt ends when its time is over, whether or not the deliverer minds: its lease would be renewed for ever. */
async function tryOnce(deliverer: Deliverer, delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
  const brokenOff = new Promise<never>((_resolve, reject) => {
    const giveUp = () => setTimeout(() => reject(signal.reason as Error), ABORT_GRACE_MS).unref();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([deliverer.deliver(delivery, signal), brokenOff]);
  } catch (error) {
    return { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
  }
}
