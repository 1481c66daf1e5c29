/**
 * Keeps lines apart so that no server takes them for a flood: some at once, then one each interval (RFC 1459 §8.10).
 *
 * Knows no clock: the caller says what time it is and waits.
 */
export class Pace {
  /** When all lines so far would be used up, at the even rate. */
  private filled = -Infinity;

  /**
   * @param burst how many lines may go at once.
   * @param intervalMs after how many milliseconds the next one may.
   */
  constructor(
    private readonly burst: number,
    private readonly intervalMs: number,
  ) {}

  /** Takes the turn of one line, and returns how many milliseconds it has to wait for it. */
  take(now: number): number {
    this.filled = Math.max(this.filled, now) + this.intervalMs;
    return Math.max(0, this.filled - this.burst * this.intervalMs - now);
  }
}
