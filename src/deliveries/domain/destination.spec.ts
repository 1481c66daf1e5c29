import { admit, ended, NEW_DESTINATION, released, roomAt, type Destination } from './destination';

/** Plays attempts at one destination, each line of time in milliseconds. */
class Play {
  of: Destination = NEW_DESTINATION;

  constructor(private readonly random = 0.5) {}

  /** @returns 0 when it may begin */
  admit(now: number, tried = false): number {
    const answer = admit(this.of, now, tried);
    this.of = answer.next;
    return answer.admitted ? 0 : answer.afterMs;
  }

  end(answered: boolean, tookMs: number, now: number): void {
    this.of = ended(this.of, answered, tookMs, now, this.random);
  }

  /** @returns how many of so many may begin at once */
  fill(count: number, now: number): number {
    return Array.from({ length: count }, () => this.admit(now)).filter((afterMs) => afterMs === 0).length;
  }

  fail(times: number, now: number): void {
    for (let i = 0; i < times; i++) {
      this.of = { ...this.of, inFlight: this.of.inFlight + 1 };
      this.end(false, 10, now);
    }
  }
}

describe('a destination', () => {
  it('that nothing is known of has a tenth of the attempts that a lane may have on its way', () => {
    expect(new Play().fill(300, 0)).toBe(20);
  });

  it('that answers quickly may have all of them before long', () => {
    const play = new Play();
    for (let round = 0; round < 10; round++) {
      const begun = play.fill(300, round);
      for (let i = 0; i < begun; i++) play.end(true, 20, round);
    }
    expect(play.fill(300, 99)).toBe(200);
  });

  it('that is slow keeps its tenth, and has no more than that again when it becomes slow', () => {
    const play = new Play();
    play.of = { ...play.of, share: 200 };
    for (let i = 0; i < 10; i++) play.end(true, 3_000, i);
    expect(play.of.share).toBe(20);
  });

  it('that fails has two, is left alone after five failures, and then probed with one', () => {
    const play = new Play();
    play.fail(4, 0);
    expect(play.fill(10, 0)).toBe(2);
    play.end(false, 10, 0);
    play.end(false, 10, 0);
    expect(play.fill(10, 999)).toBe(0);
    expect(play.fill(10, 1_001)).toBe(1);
  });

  it('is left alone twice as long each time, for at most a minute', () => {
    const play = new Play();
    play.fail(4, 0);
    const pauses: number[] = [];
    let now = 0;
    for (let i = 0; i < 9; i++) {
      expect(play.admit(now)).toBe(0);
      play.end(false, 10, now);
      pauses.push(play.of.pausedUntil - now);
      now = play.of.pausedUntil;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
  });

  it('takes failures of attempts that were on their way together for one', () => {
    const play = new Play();
    play.fail(20, 0);
    expect(play.of).toMatchObject({ pausedUntil: 1_000, pauseMs: 1_000 });
  });

  it('is taken as well again with its first answer', () => {
    const play = new Play();
    play.fail(10, 0);
    expect(play.admit(1_000)).toBe(0);
    play.end(true, 10, 1_010);
    expect(play.of).toMatchObject({ failures: 0, pausedUntil: 0 });
    expect(play.fill(10, 1_010)).toBeGreaterThan(1);
  });

  it('gives those that wait turns that are as far apart as attempts can follow each other', () => {
    const play = new Play();
    play.of = { ...play.of, share: 2, usualMs: 1_000 };
    play.fill(2, 0);
    expect([play.admit(0), play.admit(0), play.admit(0)]).toEqual([550, 1_050, 1_550]);
  });

  it('that fails is left alone by what was never tried, and tried again by the rest on its own schedule, two at once', () => {
    const play = new Play();
    play.fail(5, 0);
    for (let i = 0; i < 100; i++) play.admit(0);
    expect(play.admit(200)).toBeGreaterThan(1_500);
    expect([play.admit(200, true), play.admit(200, true), play.admit(200, true)]).toEqual([0, 0, 50]);
  });

  it('has what was tried before come back no faster than those on their way usually take', () => {
    const play = new Play();
    play.fail(5, 0);
    play.of = { ...play.of, usualMs: 400 };
    play.admit(500, true);
    play.admit(500, true);
    expect(play.admit(501, true)).toBe(400);
    expect(play.admit(1_400, true)).toBe(900);
  });

  it('that fails is left alone for longer by what was never tried, the more often the rest fails after its pauses', () => {
    const play = new Play();
    play.fail(5, 0);
    for (const now of [500, 1_500, 1_600]) {
      expect(play.admit(now, true)).toBe(0);
      play.end(false, 10, now);
    }
    expect(play.of).toMatchObject({ pausedUntil: 3_500, pauseMs: 2_000 });
  });

  it('lets nobody wait longer than five minutes for a turn', () => {
    const play = new Play();
    play.of = { ...play.of, share: 2, usualMs: 60_000 };
    play.fill(2, 0);
    const turns = Array.from({ length: 50 }, () => play.admit(0));
    expect(Math.max(...turns)).toBe(300_000);
  });

  it('has room for those who wait as far as its share is not used, and none while it fails', () => {
    const play = new Play();
    play.fill(15, 0);
    expect(roomAt(play.of, 0)).toBe(5);
    play.fill(10, 0);
    expect(roomAt(play.of, 0)).toBe(0);
    play.fail(5, 0);
    expect(roomAt({ ...play.of, inFlight: 0 }, 10_000)).toBe(0);
  });

  it('learns nothing from an attempt that Hub broke off', () => {
    const play = new Play();
    play.admit(0);
    expect(released(play.of)).toEqual({ ...play.of, inFlight: 0 });
  });
});
