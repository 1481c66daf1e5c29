import { readRetryAfter } from './retry-after';

const NOW = new Date('2026-01-08T14:40:00Z');

describe('readRetryAfter', () => {
  it.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Thu, 08 Jan 2026 14:40:30 GMT', 30_000],
    ['Thu, 08 Jan 2026 14:39:00 GMT', 0],
    ['999999999999', 86_400_000],
    ['Fri, 01 Jan 2100 00:00:00 GMT', 86_400_000],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p milliseconds', (header, expected) => {
    expect(readRetryAfter(header, NOW)).toBe(expected);
  });
});
