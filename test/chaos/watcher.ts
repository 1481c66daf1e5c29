import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from './database';

const LOOK_MS = 40;

/** Somebody who waits until a job is seen in one of some states. */
interface Wait {
  readonly jobId: number;
  readonly states: readonly string[];
  /** Since when, in ms since 1970. */
  readonly since: number;
  /** Nobody knows whether what would bring it about was heard. */
  readonly perhaps: boolean;
  readonly seen: () => void;
}

/** Looks at the states of jobs in the database until they are those that somebody waits for. */
export class Watcher {
  private readonly waits = new Set<Wait>();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly signal: AbortSignal,
  ) {}

  start(): void {
    this.running = this.loop();
  }

  async stop(): Promise<void> {
    await this.running.catch(() => undefined);
  }

  /**
   * Resolves when the job is seen in one of these states.
   * @param perhaps nobody knows whether what would bring it about was heard, so it cannot be overdue
   */
  until(jobId: number, states: readonly string[], perhaps = false): Promise<void> {
    return new Promise((resolve) => {
      const wait: Wait = {
        jobId,
        states,
        since: Date.now(),
        perhaps,
        seen: () => {
          this.waits.delete(wait);
          resolve();
        },
      };
      this.waits.add(wait);
    });
  }

  /** Jobs that somebody has waited for since before then (ms since 1970). */
  overdue(before: number): number[] {
    return [...this.waits].filter(({ since, perhaps }) => !perhaps && since <= before).map(({ jobId }) => jobId);
  }

  private async loop(): Promise<void> {
    while (!this.signal.aborted) {
      await this.look();
      await delay(LOOK_MS);
    }
  }

  private async look(): Promise<void> {
    const waits = [...this.waits];
    if (waits.length === 0) return;
    const rows = await this.database.query<{ id: string; state: string }>(
      'SELECT id, state FROM public.jobs WHERE id = ANY ($1::bigint[])',
      [waits.map(({ jobId }) => jobId)],
    );
    const states = new Map(rows.map(({ id, state }) => [Number(id), state]));
    for (const { jobId, states: wanted, seen } of waits) {
      const state = states.get(jobId);
      if (state !== undefined && wanted.includes(state)) seen();
    }
  }
}
