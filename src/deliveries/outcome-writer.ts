import { setTimeout as wait } from 'node:timers/promises';
import { togetherOrAlone } from '../database';
import type { Attempt, DeliveryStore } from './delivery-store';

/** Outcomes come in bursts, and each write costs the database a commit. */
const GATHER_MS = 15;
const AGAIN_MS = 1_000;

interface Item {
  readonly attempt: Attempt;
  readonly written: () => void;
}

/** Writes what came of attempts; those that end while others are being written are written together. */
export class OutcomeWriter {
  private items: Item[] = [];
  private writing: Promise<void> | null = null;
  private stopping = false;

  /** @param onTrouble told of each error of the database */
  constructor(
    private readonly store: DeliveryStore,
    private readonly onTrouble: (error: unknown) => void,
  ) {}

  /** Returns once it is written, or given up while stopping. */
  record(attempt: Attempt): Promise<void> {
    return new Promise((resolve) => {
      this.items.push({ attempt, written: resolve });
      this.writing ??= this.writeAll().finally(() => (this.writing = null));
    });
  }

  /** From now on the database is not waited for: the lease runs out, and another replica delivers once more. */
  hurry(): void {
    this.stopping = true;
  }

  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.items.length > 0) {
      await wait(GATHER_MS);
      const batch = this.items.splice(0);
      const unwritten = await this.write(batch);
      const again = new Set(this.stopping ? [] : unwritten);
      for (const item of batch) if (!again.has(item)) item.written();
      if (again.size === 0) continue;
      this.items.unshift(...again);
      await wait(AGAIN_MS);
    }
  }

  /** @returns those that are not written: all of them, or those that the database refuses */
  private async write(batch: readonly Item[]): Promise<readonly Item[]> {
    const refused: Item[] = [];
    const refuse = (item: Item, error: unknown) => {
      refused.push(item);
      this.onTrouble(error);
    };
    try {
      await togetherOrAlone(batch, (items) => this.store.record(items.map(({ attempt }) => attempt)), refuse);
      return refused;
    } catch (error) {
      this.onTrouble(error);
      return batch;
    }
  }
}
