import { limitOf, type LimitAnswer } from './rate-limit';

const NOW = Date.parse('2026-01-01T10:00:00Z');
const reset = (seconds: number): string => String(NOW / 1000 + seconds);
const answer = (status: number, headers: LimitAnswer['headers'] = {}, message = 'Forbidden'): LimitAnswer => ({
  status,
  headers,
  message,
});

describe('limitOf', () => {
  it.each([
    [
      'a used up limit, until it is reset',
      answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) }),
      90_000,
    ],
    ['the same with status 429', answer(429, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) }), 90_000],
    [
      'a reset that our clock has passed',
      answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(-5) }),
      1_000,
    ],
    [
      'a reset in another age',
      answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(1e9) }),
      86_400_000,
    ],
    ['a secondary limit without a time', answer(403, {}, 'You have exceeded a secondary rate limit.'), 60_000],
    ['429 without a time', answer(429), 60_000],
    ['a used up limit without a reset', answer(429, { 'x-ratelimit-remaining': '0' }), 60_000],
  ])('waits for %s', (_what, given, expected) => {
    expect(limitOf(given, NOW, undefined)).toBe(expected);
  });

  it('takes Retry-After before all else', () => {
    const given = answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) });
    expect(limitOf(given, NOW, 7_000)).toBe(7_000);
  });

  it.each([
    ['a refusal', answer(403, { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': reset(90) })],
    ['a refusal without headers', answer(403)],
    [
      'another refusal, although nothing is left',
      answer(404, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) }),
    ],
    ['an answer', answer(201, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset(90) })],
  ])('does not take %s for a limit', (_what, given) => {
    expect(limitOf(given, NOW, undefined)).toBeUndefined();
  });
});
