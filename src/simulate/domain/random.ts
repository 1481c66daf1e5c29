/** Chance that is the same in every run with the same seed (mulberry32). */
export class Random {
  private state: number;

  /** @param seeds numbers that together name what is drawn for, e.g. the seed, a job and its run: drawing for one of
   * them then does not depend on when the others were drawn for. */
  constructor(...seeds: readonly number[]) {
    this.state = seeds.reduce((mixed, seed) => mix(mixed ^ Math.trunc(seed)), 0x9e3779b9);
  }

  /** At least 0, less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    return mix(this.state) / 4_294_967_296;
  }

  /** A whole number from `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** Whether something happens that happens in `percent` of all cases. */
  happens(percent: number): boolean {
    return this.next() * 100 < percent;
  }

  /** One of them. */
  pick<const T>(list: readonly [T, ...T[]]): T {
    return list[this.between(0, list.length - 1)] ?? list[0];
  }

  /** The same things in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((item) => ({ item, at: this.next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

function mix(value: number): number {
  let t = value >>> 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}
