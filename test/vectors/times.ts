/** PostgreSQL's text of a `timestamp` column, as `column::text` gives it. */
export type TextTime = string | null;

/** The same time as the vectors write it: `2021-01-10 05:36:12` becomes `2021-01-10T05:36:12Z`. Fractions stay. */
export function timeText(time: TextTime): string | null {
  return time === null ? null : `${time.replace(' ', 'T')}Z`;
}

/** The instants between which a step took its time from the clock; equal when the clock was frozen. */
export interface ClockWindow {
  readonly from: Date;
  readonly to: Date;
}

/** True when the time lies within the window, whose start counts from its whole second on (senders stamp seconds). */
export function isWithin(time: string, { from, to }: ClockWindow): boolean {
  const at = Date.parse(time);
  return at >= Math.floor(from.getTime() / 1000) * 1000 && at <= to.getTime();
}

/** Whole seconds from start to finish, truncated; 0 when one of them is missing. */
export function wholeSeconds(startedAt: string | null, finishedAt: string | null): number {
  if (startedAt === null || finishedAt === null) return 0;
  return Math.trunc((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000);
}
