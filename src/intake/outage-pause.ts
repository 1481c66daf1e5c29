import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';

/** A way in that hands out messages as long as it is not paused. */
export interface Pausable {
  /** Takes nothing more, and gives what is in hand back to the queue as soon as nobody works on it. */
  pause(because: string): Promise<void>;
  resume(): void;
}

export interface OutageSigns {
  /** Since when (ms since 1970) messages are held because the database is away; null when none are. */
  troubledSince(): number | null;
  /** Resolves when the database takes work again. */
  probe(): Promise<void>;
  /** Hands what is held in memory back to its callers. */
  giveBack(): void;
}

export interface OutageTimes {
  /** How long messages are held before they go back to the queue, in milliseconds. */
  readonly holdMs: number;
  /** Between two looks, in milliseconds. */
  readonly everyMs: number;
}

const TIMES: OutageTimes = { holdMs: 60_000, everyMs: 1_000 };

/**
 * An outage of over a minute: gives everything in hand back to the queues once, pauses all consumers, probes the database
 * and resumes (D1). Until then messages are held in memory; giving each back as it fails would use up the delivery
 * limit of a quorum queue within seconds.
 */
export class OutagePause {
  private paused = false;
  private resumedAt = 0;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly transports: readonly Pausable[],
    private readonly signs: OutageSigns,
    private readonly log: Logger,
    private readonly times: OutageTimes = TIMES,
  ) {}

  start(): void {
    this.running = this.loop();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  /** One look: pauses or resumes if it is time. */
  async runOnce(now: number): Promise<void> {
    if (this.paused) await this.resumeWhenBack(now);
    else await this.pauseWhenLong(now);
  }

  private async pauseWhenLong(now: number): Promise<void> {
    const since = this.signs.troubledSince();
    // What is left of an old outage counts from when we took messages again.
    if (since === null || now - Math.max(since, this.resumedAt) < this.times.holdMs) return;
    this.paused = true;
    const text = `Paused: the database has been away since ${new Date(since).toISOString()}.`;
    this.log.warn(`${text} Messages in hand go back to the queue; Hub resumes by itself.`);
    // All of them before anything is given back: one that still consumed would take it at once.
    await Promise.all(this.transports.map((transport) => transport.pause(text)));
    this.signs.giveBack();
  }

  private async resumeWhenBack(now: number): Promise<void> {
    try {
      await this.signs.probe();
    } catch {
      return;
    }
    this.paused = false;
    this.resumedAt = now;
    this.log.info('The database is back: consuming again.');
    for (const transport of this.transports) transport.resume();
  }

  private async loop(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      await wait(this.times.everyMs, undefined, { signal: this.stopped.signal, ref: false }).catch(() => undefined);
      if (!this.stopped.signal.aborted) await this.runOnce(Date.now());
    }
  }
}
