import { setTimeout as wait } from 'node:timers/promises';
import { togetherOrAlone } from '../database';
import { logger } from '../logging';
import type { Attempt, DeliveryStore } from './delivery-store';

/** Outcomes come in bursts, and each write costs the database a commit. */
const GATHER_MS = 15;
const AGAIN_MS = 1_000;
/** What the database refuses for good, alone, is tried again seldom: it costs the others their common write each time. */
const REFUSED_MS = 30_000;

const log = logger.child({ component: 'deliveries' });

interface Item {
  readonly attempt: Attempt;
  /** Says that it is written, or given up. */
  readonly over: () => void;
}

/** Writes what came of attempts; those that end while others are being written are written together. */
export class OutcomeWriter {
  private items: Item[] = [];
  private readonly refused = new Set<Item>();
  private writing: Promise<void> | null = null;
  private stopping = false;

  /**
   * @param onTrouble told of each error of the database
   * @param refusedMs how long what it refuses is put aside; for tests
   */
  constructor(
    private readonly store: DeliveryStore,
    private readonly onTrouble: (error: unknown) => void,
    private readonly refusedMs = REFUSED_MS,
  ) {}

  /** Returns once it is written, or given up while stopping. */
  record(attempt: Attempt): Promise<void> {
    return new Promise((over) => this.add({ attempt, over }));
  }

  /** From now on the database is not waited for: the lease runs out, and another replica delivers once more. */
  hurry(): void {
    this.stopping = true;
    for (const { over } of this.refused) over();
  }

  async settled(): Promise<void> {
    await this.writing;
  }

  private add(item: Item): void {
    this.items.push(item);
    this.writing ??= this.writeAll().finally(() => (this.writing = null));
  }

  private async writeAll(): Promise<void> {
    while (this.items.length > 0) {
      await wait(GATHER_MS);
      const batch = this.items.splice(0);
      const unwritten = await this.write(batch);
      if (unwritten.length === 0) continue;
      if (this.stopping) {
        for (const { over } of unwritten) over();
        continue;
      }
      this.items.unshift(...unwritten);
      await wait(AGAIN_MS);
    }
  }

  /** @returns those that the database, which is away or busy, has not written */
  private async write(batch: readonly Item[]): Promise<readonly Item[]> {
    const settled = new Set<Item>();
    const write = async (items: readonly Item[]) => {
      await this.store.record(items.map(({ attempt }) => attempt));
      for (const item of items) settled.add(item);
    };
    try {
      await togetherOrAlone(batch, write, (item, error) => {
        settled.add(item);
        this.putAside(item, error);
      });
    } catch (error) {
      this.onTrouble(error);
    }
    for (const item of settled) if (!this.refused.has(item)) item.over();
    return batch.filter((item) => !settled.has(item));
  }

  /** Its lease is renewed meanwhile, so that nobody is told again because of it. */
  private putAside(item: Item, error: unknown): void {
    const { id, channel } = item.attempt.delivery;
    log.error({ err: error, delivery: id, channel }, 'the database refuses what came of a delivery; mend the cause');
    if (this.stopping) return item.over();
    this.refused.add(item);
    setTimeout(() => {
      this.refused.delete(item);
      if (!this.stopping) this.add(item);
    }, this.refusedMs).unref();
  }
}
