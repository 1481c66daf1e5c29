import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt, DeliveryStore } from './delivery-store';

/** Outcomes come in bursts, and each write costs the database a commit. */
const GATHER_MS = 15;
const AGAIN_MS = 1_000;

/** Writes what came of attempts; those that end while others are being written are written together. */
export class OutcomeWriter {
  private outcomes: Attempt[] = [];
  private writing: Promise<void> | null = null;
  private stopping = false;

  /** @param onTrouble told of each error of the database */
  constructor(
    private readonly store: DeliveryStore,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** Returns once it is written, or given up while stopping. */
  async record(attempt: Attempt): Promise<void> {
    this.outcomes.push(attempt);
    this.writing ??= this.writeAll().finally(() => (this.writing = null));
    await this.writing;
  }

  /** From now on the database is not waited for: the lease runs out, and another replica delivers once more. */
  hurry(): void {
    this.stopping = true;
  }

  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.outcomes.length > 0) {
      await wait(GATHER_MS);
      const batch = this.outcomes.splice(0);
      try {
        await this.store.record(batch);
      } catch (error) {
        this.onTrouble(error);
        if (this.stopping) return;
        this.outcomes.unshift(...batch);
        await wait(AGAIN_MS);
      }
    }
  }
}
