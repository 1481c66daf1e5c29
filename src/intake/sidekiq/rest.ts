import { setTimeout as wait } from 'node:timers/promises';

/** The pauses of a loop, which others may end early. What happened while it was busy counts as well. */
export class Rest {
  private sleeping: AbortController | null = null;
  private woken = false;

  /** A new turn: what wakes from now on happened after everything that this turn looks at. */
  beginTurn(): void {
    this.woken = false;
  }

  /** Pauses, unless somebody has woken us in this turn. */
  async unlessWoken(ms: number): Promise<void> {
    if (!this.woken) await this.sleep(ms);
  }

  /** Pauses, whatever was in this turn. */
  async sleep(ms: number): Promise<void> {
    this.sleeping = new AbortController();
    await wait(ms, undefined, { signal: this.sleeping.signal }).catch(() => undefined);
    this.sleeping = null;
  }

  wake(): void {
    this.woken = true;
    this.sleeping?.abort();
  }
}
