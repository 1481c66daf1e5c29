const TICK_MS = 50;

/**
 * A clock that stands still while this process notices nothing: its thread is at something else for long, it is not given a
 * core, or it was stopped. What it measures of a target is then the target's doing, not ours.
 */
export class AttentiveClock {
  private missedMs = 0;
  private tickedAt = performance.now();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  /** Milliseconds since some point in the past; never goes back. */
  now(): number {
    const now = performance.now();
    return now - this.missedMs - this.lateBy(now);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private tick(): void {
    const now = performance.now();
    this.missedMs += this.lateBy(now);
    this.tickedAt = now;
  }

  private lateBy(now: number): number {
    return Math.max(0, now - this.tickedAt - TICK_MS);
  }
}
