import { LRUCache } from 'lru-cache';

/** So many wrong passwords a minute are mistakes; more are guesses. */
const MOST_FAILURES = 30;
const WINDOW_MS = 60_000;
const PROVEN_MS = 86_400_000;
/** Whoever guesses from many addresses must not fill the memory. */
const MOST_REMEMBERED = 10_000;

interface Failures {
  count: number;
  readonly until: number;
}

/**
 * Slows down who guesses passwords: an address with too many failures in a minute is not answered until the minute is
 * over, except for credentials that were right there before. So one client with a wrong password does not lock out the
 * others behind its address, and a guesser cannot lock out anybody who is at work.
 *
 * Kept in this process: each replica counts for itself.
 */
export class FailedLogins {
  private readonly failures = new LRUCache<string, Failures>({ max: MOST_REMEMBERED });
  private readonly proven = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: PROVEN_MS });

  /** @param now a clock in milliseconds that never goes back */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * How long these credentials have to wait, in whole seconds; 0 when they may be looked at.
   *
   * @param fingerprint of user and password, as {@link CredentialBook.fingerprint} makes it
   */
  waitSeconds(address: string, fingerprint: string): number {
    const failures = this.failures.get(address);
    if (!failures || failures.count < MOST_FAILURES || this.proven.has(`${address} ${fingerprint}`)) return 0;
    return Math.max(0, Math.ceil((failures.until - this.now()) / 1_000));
  }

  succeeded(address: string, fingerprint: string): void {
    this.proven.set(`${address} ${fingerprint}`, true);
  }

  failed(address: string): void {
    const failures = this.failures.get(address);
    if (failures && failures.until > this.now()) failures.count += 1;
    else this.failures.set(address, { count: 1, until: this.now() + WINDOW_MS });
  }
}
