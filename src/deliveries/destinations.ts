import { admit, ended, isUnremarkable, NEW_DESTINATION, released, type Destination } from './domain/destination';

/** More are rarely in use at once; those that nothing is known of are forgotten beyond it. */
const MOST_REMEMBERED = 10_000;

/**
 * How the destinations of this process's deliveries are doing, so that one that fails or hangs holds up nobody else.
 *
 * In memory only: a replica that starts anew learns within a few attempts, and each replica bears its share alone.
 */
export class Destinations {
  private readonly known = new Map<string, Destination>();

  /** @returns 0 when the attempt may begin, else in how many milliseconds it has its turn */
  admit(name: string, now: number): number {
    const answer = admit(this.known.get(name) ?? NEW_DESTINATION, now);
    this.known.set(name, answer.next);
    if (this.known.size > MOST_REMEMBERED) this.forget();
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

  private forget(): void {
    for (const [name, of] of this.known) if (isUnremarkable(of)) this.known.delete(name);
  }
}
