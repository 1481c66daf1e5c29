import { Pace } from './pace';

describe('Pace', () => {
  it('lets a burst go at once, and then one line each interval', () => {
    const pace = new Pace(3, 1_000);
    expect([0, 0, 0, 0, 0].map((now) => pace.take(now))).toEqual([0, 0, 0, 1_000, 2_000]);
  });

  it('lets another burst go after as long a silence, and no more than that', () => {
    const pace = new Pace(3, 1_000);
    for (let line = 0; line < 3; line++) pace.take(0);
    expect([3_000, 3_000, 3_000, 3_000].map((now) => pace.take(now))).toEqual([0, 0, 0, 1_000]);
    expect(pace.take(1_000_000)).toBe(0);
  });

  it('counts a silence by halves', () => {
    const pace = new Pace(1, 1_000);
    expect(pace.take(0)).toBe(0);
    expect(pace.take(400)).toBe(600);
    expect(pace.take(1_500)).toBe(500);
  });
});
