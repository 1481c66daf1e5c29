import { LRUCache } from 'lru-cache';
import { admit, ended, NEW_DESTINATION, released, type Destination } from './domain/destination';

/** More are rarely in use at once; of the one that was not used for longest nothing is known any more. */
const MOST_REMEMBERED = 10_000;

/**
 * How the destinations of this process's deliveries are doing, so that one that fails or hangs holds up nobody else.
 *
 * In memory only: a replica that starts anew learns within a few attempts, and each replica bears its share alone.
 */
export class Destinations {
  private readonly known = new LRUCache<string, Destination>({ max: MOST_REMEMBERED });

  /**
   * @param tried whether the delivery was tried before
   * @returns 0 when the attempt may begin, else in how many milliseconds it has its turn
   */
  admit(name: string, now: number, tried: boolean): number {
    const answer = admit(this.known.get(name) ?? NEW_DESTINATION, now, tried);
    this.known.set(name, answer.next);
    return answer.admitted ? 0 : answer.afterMs;
  }

  /** @param answered see {@link ended} */
  ended(name: string, answered: boolean, tookMs: number, now: number): void {
    const of = this.known.get(name);
    if (of) this.known.set(name, ended(of, answered, tookMs, now, Math.random()));
  }

  /** The attempt was broken off by Hub itself. */
  released(name: string): void {
    const of = this.known.get(name);
    if (of) this.known.set(name, released(of));
  }
}
