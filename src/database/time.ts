/**
 * Times in the CI tables are `timestamp without time zone` holding UTC wall time. node-pg would read and write them
 * in the zone of the process; these functions are the only way in and out.
 *
 * Times come in clusters, and reading or writing one takes longer than all else that is done with it: whole seconds
 * that were seen lately are remembered in both directions.
 */
const MOST_REMEMBERED = 10_000;
/** `2021-01-10T05:36:12`, in characters. */
const TO_THE_SECOND = 19;

/** From PostgreSQL's text of a whole second to milliseconds since the epoch. */
const read = new Map<string, number>();
/** From seconds since the epoch to ISO text without fraction and zone. */
const written = new Map<number, string>();

/** Reads PostgreSQL's text form (`2021-01-10 05:36:12.5`) as UTC, to the millisecond. */
export function parseTimestamp(text: string): Date {
  const second = text.slice(0, TO_THE_SECOND);
  const known = read.get(second);
  if (known === undefined) {
    const time = new Date(`${text.replace(' ', 'T')}Z`);
    if (time.getTime() >= 0) remember(read, second, Math.floor(time.getTime() / 1000) * 1000);
    return time;
  }
  const fraction = text.length > TO_THE_SECOND ? Math.trunc(Number(text.slice(TO_THE_SECOND)) * 1000 + 1e-6) : 0;
  return new Date(known + fraction);
}

/** ISO 8601 in UTC with milliseconds, as `Date.toISOString` writes it. */
export function isoText(time: Date): string {
  const ms = time.getTime();
  const second = Math.floor(ms / 1000);
  const known = written.get(second);
  if (known !== undefined) return `${known}.${String(ms - second * 1000).padStart(3, '0')}Z`;
  const text = time.toISOString();
  if (text.length === TO_THE_SECOND + 5) remember(written, second, text.slice(0, TO_THE_SECOND));
  return text;
}

/** Writes a time as the text a `::timestamp` parameter takes: UTC wall time. */
export function timestampText(time: Date | null | undefined): string | null {
  return time == null ? null : isoText(time).slice(0, -1);
}

/** The time now as UTC wall time, whatever the zone of the session is: the default of time columns of ours. */
export const UTC_NOW = `(clock_timestamp() AT TIME ZONE 'UTC')`;

function remember<K, V>(memory: Map<K, V>, key: K, value: V): void {
  if (memory.size >= MOST_REMEMBERED) memory.clear();
  memory.set(key, value);
}
