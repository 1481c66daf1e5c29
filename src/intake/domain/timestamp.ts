/** Above this a `timestamp` cannot mean seconds (it would be the year 5138): some senders write milliseconds. */
const LARGEST_SECONDS = 1e11;

/** Reads the AMQP property `timestamp`, which is in seconds; undefined when there is none. */
export function timestampToDate(timestamp: unknown): Date | undefined {
  if (typeof timestamp !== 'number' || !Number.isFinite(timestamp) || timestamp <= 0) return undefined;
  return new Date(timestamp < LARGEST_SECONDS ? timestamp * 1000 : timestamp);
}
