/** Nobody may silence a channel for longer than a day with one answer. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

/**
 * Reads a `Retry-After` header (RFC 9110 §10.2.3): seconds, or a date.
 *
 * @param now the time to count a date from.
 * @returns milliseconds to wait, at most a day; undefined when the header is missing or unreadable.
 */
export function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  const value = header?.trim() ?? '';
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, LONGEST_MS);
  // Dates without a letter (`2026`, `1.5`) would be guesses.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now.getTime(), 0), LONGEST_MS);
}
