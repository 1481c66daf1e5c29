const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** UTC to the second, `2021-01-10T05:36:12Z`; an empty text for no time. */
export function utc(time: Date | string | null): string {
  if (time === null) return '';
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** {@link utc} and how long that is from now: `2021-01-10T05:36:12Z (3 min ago)`. */
export function utcAndAge(time: Date | string | null, now: Date): string {
  if (time === null) return '';
  const seconds = Math.round((now.getTime() - new Date(time).getTime()) / 1_000);
  return `${utc(time)} (${seconds < 0 ? `in ${span(-seconds)}` : `${span(seconds)} ago`})`;
}

function span(seconds: number): string {
  if (seconds < 2 * MINUTE) return `${seconds} s`;
  if (seconds < 2 * HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < 2 * DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} days`;
}
