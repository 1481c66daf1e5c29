/** Why a time of a message is not used. */
export type UnusableTime =
  /** JSON null. */
  | 'null'
  /** Go's zero time (year 1), which old workers sent for "not yet". */
  | 'zero time'
  /** A number, an object, or text that names no time. */
  | 'not a time'
  /** Before 1970 or after 9999: nobody's job ran then. */
  | 'out of range';

/**
 * RFC 3339 and what older senders made of it: a space for the `T`, no seconds, no zone (UTC), a zone's name after or
 * instead of the offset (`2015-01-22 10:20:30 +0000 UTC`), or a date alone (midnight UTC).
 */
const TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ]+(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s*(?:(?:Z|z|UTC|GMT)|([+-])(\d{2}):?(\d{2})?(?:\s+[A-Z]{1,5})?)?)?$/;

const FIRST_YEAR = 1970;
const LAST_YEAR = 9999;

/** What texts said: the messages of a job repeat its times, and jobs share seconds. */
const known = new Map<string, Date | UnusableTime>();
const MOST_KNOWN = 10_000;
const LONGEST_KNOWN = 40;

/**
 * Reads a time as workers and other services write it. A fraction is cut to milliseconds.
 *
 * Go's zero time is recognised by what it says, not by the text `0001`: a fraction may contain that too (B19).
 */
export function parseMessageTime(value: unknown): Date | UnusableTime {
  if (value === null) return 'null';
  if (typeof value !== 'string') return 'not a time';
  const knownTime = known.get(value);
  if (knownTime !== undefined) return knownTime;
  const time = readTime(value);
  if (known.size >= MOST_KNOWN) known.clear();
  if (value.length <= LONGEST_KNOWN) known.set(value, time);
  return time;
}

function readTime(value: string): Date | UnusableTime {
  const parts = TIME.exec(value.trim());
  if (!parts) return 'not a time';
  const number = (nth: number): number => Number(parts[nth] ?? 0);
  const [year, month, day, hour, minute, second] = [number(1), number(2), number(3), number(4), number(5), number(6)];
  if (!isOnTheCalendar(year, month, day) || hour > 23 || minute > 59 || second > 60) return 'not a time';

  const millisecond = Number((parts[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = offsetMinutes(parts[8], parts[9], parts[10]);
  if (offset === undefined) return 'not a time';
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  if (year < 100) return year <= 1 ? 'zero time' : 'out of range';
  const time = new Date(Date.UTC(year, month - 1, day, hour, minute - offset, second, millisecond));
  return isUsableTime(time) ? time : 'out of range';
}

/** True for a time that a job could have run at, and that every column can hold. */
export function isUsableTime(time: Date): boolean {
  const year = time.getUTCFullYear();
  return year >= FIRST_YEAR && year <= LAST_YEAR;
}

function isOnTheCalendar(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= 28 || day <= new Date(Date.UTC(Math.max(year, 100), month, 0)).getUTCDate();
}

/** Minutes east of UTC; undefined when there is no such offset. */
function offsetMinutes(sign?: string, hours = '0', minutes = '0'): number | undefined {
  if (sign === undefined) return 0;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
