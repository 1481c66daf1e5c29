import { setTimeout as delay } from 'node:timers/promises';
import type { Publisher } from './publisher';
import type { Watcher } from './watcher';

const LOOK_MS = 50;

/** What workers and faults know of each other. */
export class World {
  /** How often the queue was deleted with messages in it. */
  queueLosses = 0;
  /** Things under way that cannot be said again when the queue loses them. */
  private inHand = 0;
  private gateClosed = false;
  private lost = announcement();
  /** When the last fault ended, in ms since 1970; null while one is on. */
  private quietSince: number | null = Date.now();

  constructor(
    readonly publisher: Publisher,
    readonly watcher: Watcher,
    /** Within this time of quiet a restart is seen, if it was heard at all, in milliseconds. */
    readonly heardWithinMs: number,
  ) {}

  /** Settles when the queue has been deleted more than so many times. */
  queueLost(times: number): Promise<void> {
    return this.queueLosses > times ? Promise.resolve() : this.lost.promise;
  }

  /** Deletes the queue by `deletion`, once nothing is under way that could not be said again. */
  async loseQueue(deletion: () => Promise<void>): Promise<void> {
    this.gateClosed = true;
    try {
      while (this.inHand > 0) await delay(LOOK_MS);
      await deletion();
    } finally {
      this.gateClosed = false;
    }
    this.queueLosses += 1;
    const { resolve } = this.lost;
    this.lost = announcement();
    resolve();
  }

  /** Announces something that cannot be said again. @returns how to say that it was heard */
  async unrepeatable(): Promise<() => void> {
    while (this.gateClosed) await delay(LOOK_MS);
    this.inHand += 1;
    return () => void (this.inHand -= 1);
  }

  faultBegins(): void {
    this.quietSince = null;
  }

  faultEnds(): void {
    this.quietSince = Date.now();
  }

  /** Resolves when no fault was on for so long, counted from now. */
  async quietFor(ms: number): Promise<void> {
    const asked = Date.now();
    for (;;) {
      await delay(LOOK_MS);
      if (this.quietSince !== null && Date.now() - Math.max(asked, this.quietSince) >= ms) return;
    }
  }
}

function announcement(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
