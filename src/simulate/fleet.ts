import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from './ledger';
import type { People } from './people';
import type { Progress } from './progress';
import type { Handout, WaitingJobs } from './waiting-jobs';

/** What the workers of every kind work with. */
export interface WorkPlace {
  readonly seed: number;
  readonly ledger: Ledger;
  readonly people: People;
  readonly progress: Progress;
  readonly waiting: WaitingJobs;
  /** Aborted when the simulation stops. */
  readonly signal: AbortSignal;
}

/** A fleet of workers of one kind. */
export interface Fleet {
  /** Gets everything that the workers need. @throws SimulationError when it cannot be had */
  start(): Promise<void>;
  /** One worker of the fleet takes jobs and runs them until it is stopped. */
  work(worker: number): Promise<void>;
  /** Whether all that was said has left for Hub, as far as can be seen from outside. */
  isDrained(): Promise<boolean>;
  close(): Promise<void>;
}

/** Work that nobody waits for: what goes wrong there ends the simulation. */
export function inBackground({ progress, signal }: WorkPlace, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    if (!signal.aborted) progress.fail(error);
  });
}

/**
 * Gives a job to another worker, as the broker or the Job Board does when the first one is gone.
 *
 * Not within the same second: workers write whole seconds, and when a job was picked up is all that tells which of two
 * runs is the later one.
 */
export function giveToAnother(place: WorkPlace, handout: Handout): void {
  place.ledger.count('redelivered');
  const nextSecond = 1_005 - (Date.now() % 1_000);
  inBackground(
    place,
    delay(nextSecond, undefined, { signal: place.signal }).then(() => place.waiting.offer(handout)),
  );
}
