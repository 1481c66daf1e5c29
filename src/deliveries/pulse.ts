const BEAT_MS = 250;
/** A busy process is late by less. */
const STOOD_STILL_MS = 2_000;

/**
 * Notices when this process stood still: stopped, moved to another machine or starved. What timed out meanwhile says
 * nothing about whoever was waited for.
 */
export class Pulse {
  private lastBeat: number;
  private wentOn = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.lastBeat = now();
  }

  start(): void {
    this.lastBeat = this.now();
    this.timer = setInterval(() => this.beat(), BEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** @param time as of `performance.now()` */
  stoodStillSince(time: number): boolean {
    // Whichever timer is first when it goes on.
    this.beat();
    return this.wentOn > time;
  }

  private beat(): void {
    const now = this.now();
    if (now - this.lastBeat > STOOD_STILL_MS) this.wentOn = now;
    this.lastBeat = now;
  }
}
