import { setTimeout as wait } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Delivery } from '../contracts/delivery';
import { DatabaseState } from '../database';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { Attempts } from './attempts';
import { Deliverers, type Lane } from './deliverers';
import { DeliveryQueue } from './delivery-queue';
import { DeliveryStore } from './delivery-store';

/** Under load it is cheaper to wait until some attempts have ended than to claim rows one by one. */
const LEAST_CLAIMED = 50;
/**
 * Short, because it is how long a dead process delays what it had in hand, and those who wait for it are to be told within
 * 15 seconds; renewed while attempts go on.
 */
const LEASE_MS = 10_000;
const RENEW_MS = 3_000;
const SWEEP_MS = 1_000;
/** Turns that are this close are taken together. */
const TURN_STEP_MS = 50;
/** What comes in a burst is claimed together: each write costs the database a commit. */
const GATHER_MS = 15;
/** How long attempts may go on when Hub stops. */
const STOP_PATIENCE_MS = 3_000;

const log = logger.child({ component: 'deliveries' });

/** Delivers what is due: claim, attempt, record. Every replica runs one; leases keep them apart (D10). */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly attempts: Attempts;
  private stopping = false;
  private sweptAt = -Infinity;
  private loop: Promise<void> = Promise.resolve();
  private renewal: NodeJS.Timeout | undefined;
  private troubled = false;

  constructor(
    private readonly store: DeliveryStore,
    private readonly deliverers: Deliverers,
    private readonly queue: DeliveryQueue,
    private readonly database: DatabaseState,
  ) {
    this.attempts = new Attempts(store, {
      ended: (channel) => queue.nudge([channel]),
      troubled: (error) => this.noteTrouble(error),
    });
  }

  onApplicationBootstrap(): void {
    this.loop = this.run();
    this.renewal = setInterval(() => void this.renew(), RENEW_MS).unref();
  }

  /** Stops at a safe point: attempts that cannot end soon are broken off and given back uncounted. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.attempts.hurry();
    this.queue.nudge();
    await this.loop;
    await this.attempts.over(STOP_PATIENCE_MS);
    clearInterval(this.renewal);
  }

  /** Claims and starts what fits; returns how many it claimed. All lanes are asked each second, else those said to be due. */
  async runOnce(): Promise<number> {
    const early = this.attempts.early();
    if (early.length > 0) await this.store.hasten(early);
    const due = this.queue.take();
    const sweeping = early.length > 0 || performance.now() - this.sweptAt >= SWEEP_MS;
    if (sweeping) this.sweptAt = performance.now();
    const lanes = this.deliverers
      .lanes()
      .filter(({ channels }) => sweeping || due === 'any' || channels.some((channel) => due.has(channel)));
    const claimed = await Promise.all(lanes.map((lane) => this.fill(lane)));
    return claimed.reduce((sum, count) => sum + count, 0);
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

  private async fill({ name, channels, latestOnly }: Lane): Promise<number> {
    const room = this.attempts.roomIn(name);
    if (room < LEAST_CLAIMED) return 0;
    const claimed = latestOnly
      ? await this.store.claimLatest(channels, room, LEASE_MS)
      : await this.store.claim(channels, room, LEASE_MS, this.deliverers.strictlyOrdered(channels));
    if (claimed.length > 0) faultPoint('after-claim');
    // Retries get half of the room.
    if (claimed.length >= room / 2) this.queue.nudge(channels);
    const later = new Map<number, number>();
    for (const delivery of claimed) {
      const afterMs = this.begin(delivery, name);
      if (afterMs > 0) later.set(delivery.id, afterMs);
    }
    if (later.size > 0) await this.putOff(later, channels);
    return claimed.length;
  }

  /** @returns 0 when the attempt has begun, else in how many milliseconds to ask again */
  private begin(delivery: Delivery, lane: string): number {
    const deliverer = this.deliverers.get(delivery.channel);
    // While it was claimed whoever is told may have gone.
    if (!deliverer || deliverer.available === false) return SWEEP_MS;
    return this.attempts.begin(delivery, deliverer, lane);
  }

  /** @param later in how many milliseconds each of these deliveries has its turn, by id */
  private async putOff(later: ReadonlyMap<number, number>, channels: readonly string[]): Promise<void> {
    await this.store.release([...later.keys()], [...later.values()]);
    const turns = new Set([...later.values()].map((afterMs) => Math.ceil(afterMs / TURN_STEP_MS) * TURN_STEP_MS));
    for (const afterMs of turns) setTimeout(() => this.queue.nudge(channels), afterMs).unref();
  }

  private async renew(): Promise<void> {
    const { ids } = this.attempts;
    if (ids.length > 0) await this.store.renew(ids, LEASE_MS).catch((error: unknown) => this.noteTrouble(error));
  }

  private noteTrouble(error: unknown): 0 {
    if (!this.troubled) log.warn({ err: error }, 'deliveries wait for the database');
    this.troubled = true;
    return 0;
  }
}
