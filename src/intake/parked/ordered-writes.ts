import { classifyFailure } from '../../database/errors';

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** Most rows of one statement. */
const MOST = 100;

/**
 * Writes what comes in one statement at a time, in the order in which it came: while one is written the next ones
 * gather. So a flood of bad messages costs little, and those of one job keep their order.
 */
export class OrderedWrites<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private writing = false;

  /** @param write stores the items in their order and returns one result for each */
  constructor(private readonly write: (items: readonly T[]) => Promise<readonly R[]>) {}

  /** @throws what `write` throws for this item */
  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) await this.settle(this.waiting.splice(0, MOST));
    this.writing = false;
  }

  private async settle(batch: readonly Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.write(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, i) => resolve(results[i]!));
    } catch (error) {
      if (batch.length === 1 || classifyFailure(error) !== 'permanent') for (const { reject } of batch) reject(error);
      // One item that cannot be stored must not keep its neighbours out.
      else for (const one of batch) await this.settle([one]);
    }
  }
}
