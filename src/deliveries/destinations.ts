import { LRUCache } from 'lru-cache';
import { admit, ended, NEW_DESTINATION, released, roomAt, type Destination } from './domain/destination';

/** More are rarely in use at once; of the one that was not used for longest nothing is known any more. */
const MOST_REMEMBERED = 10_000;
/** Of one destination; who comes after them keeps to the turn that it was given. */
const MOST_WAITING = 1_000;
/** A turn that comes within this is waited for. */
const SOON_MS = 1_000;

/** A delivery that was given a turn. */
export interface Waiting {
  readonly id: number;
  /** Attempts that it had by then: whoever has had more since waits for another reason. */
  readonly attempts: number;
  readonly turn: number;
}

/**
 * How the destinations of this process's deliveries are doing, so that one that fails or hangs holds up nobody else.
 *
 * In memory only: a replica that starts anew learns within a few attempts, and each replica bears its share alone.
 */
export class Destinations {
  private readonly known = new LRUCache<string, Destination>({ max: MOST_REMEMBERED });
  private readonly waiting = new Map<string, Waiting[]>();

  /**
   * @param tried whether the delivery was tried before
   * @returns 0 when the attempt may begin, else in how many milliseconds it has its turn
   */
  admit(name: string, now: number, tried: boolean): number {
    const answer = admit(this.known.get(name) ?? NEW_DESTINATION, now, tried);
    this.known.set(name, answer.next);
    return answer.admitted ? 0 : answer.afterMs;
  }

  /** Remembers who was given a turn. */
  wait(name: string, one: Waiting): void {
    const line = this.waiting.get(name);
    if (!line) this.waiting.set(name, [one]);
    else if (line.length < MOST_WAITING) line.push(one);
  }

  /**
   * Those who need not wait for their turns any longer, because their destination has room by now: turns are given out by
   * how long attempts took until then, and what was slow may have become quick.
   */
  early(now: number): readonly Waiting[] {
    const called: Waiting[] = [];
    for (const [name, line] of this.waiting) {
      const left = line.filter(({ turn }) => turn > now + SOON_MS);
      const of = this.known.get(name);
      if (of) called.push(...left.splice(0, roomAt(of, now)));
      if (of && left.length > 0) this.waiting.set(name, left);
      else this.waiting.delete(name);
    }
    return called;
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
