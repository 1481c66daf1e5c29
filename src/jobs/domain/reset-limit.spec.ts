import { countReset, currentResets, isResetLimited, type Resets } from './reset-limit';

const HOUR_MS = 3_600_000;
const NOW = new Date('2026-01-02T00:00:00Z');
const ago = (hours: number) => new Date(NOW.getTime() - hours * HOUR_MS);
const resets = (count: number, firstHoursAgo: number, lastHoursAgo = 0.1): Resets => ({
  resets: count,
  firstAt: ago(firstHoursAgo),
  lastAt: ago(lastHoursAgo),
});
const LIMITS = { limit: 50, afterMs: 6 * HOUR_MS };

describe('the reset limit', () => {
  it.each([
    ['50 resets, the first 7 hours ago', resets(50, 7), true],
    ['50 resets, the first just 6 hours ago', resets(50, 6), true],
    ['more than 50', resets(80, 7), true],
    ['49 old ones', resets(49, 7), false],
    ['50 young ones', resets(50, 5.9), false],
    ['50 whose first is forgotten after a day', resets(50, 24), false],
    ['none', undefined, false],
  ])('%s', (_, known, limited) => {
    expect(isResetLimited(known, LIMITS, NOW)).toBe(limited);
  });

  it('is off when it is 0', () => {
    expect(isResetLimited(resets(1_000, 7), { ...LIMITS, limit: 0 }, NOW)).toBe(false);
  });
});

describe('the count of resets', () => {
  it('begins with the first and goes on', () => {
    const first = countReset(undefined, ago(1));
    expect(first).toEqual({ resets: 1, firstAt: ago(1), lastAt: ago(1) });
    expect(countReset(first, NOW)).toEqual({ resets: 2, firstAt: ago(1), lastAt: NOW });
  });

  it('goes on after a day, but forgets when the first one was', () => {
    expect(countReset(resets(40, 24), NOW)).toEqual({ resets: 41, firstAt: NOW, lastAt: NOW });
    expect(countReset(resets(40, 23.9), NOW).firstAt).toEqual(ago(23.9));
  });

  it('ends with a day without a reset', () => {
    expect(currentResets(resets(40, 30, 23.9), null, NOW)).toBeDefined();
    expect(currentResets(resets(40, 30, 24), null, NOW)).toBeUndefined();
  });

  it('ends when a person restarts the job, and not for a restart of before', () => {
    expect(currentResets(resets(40, 5, 2), ago(1), NOW)).toBeUndefined();
    expect(currentResets(resets(40, 5, 2), ago(2), NOW)).toBeUndefined();
    expect(currentResets(resets(40, 5, 2), ago(6), NOW)).toEqual(resets(40, 5, 2));
  });
});
