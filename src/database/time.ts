/**
 * Times in the CI tables are `timestamp without time zone` holding UTC wall time. node-pg would read and write them
 * in the zone of the process; these two functions are the only way in and out.
 */

/** Reads PostgreSQL's text form (`2021-01-10 05:36:12.5`) as UTC. */
export function parseTimestamp(text: string): Date {
  return new Date(`${text.replace(' ', 'T')}Z`);
}

/** Writes a time as the text a `::timestamp` parameter takes: UTC wall time. */
export function timestampText(time: Date | null | undefined): string | null {
  return time == null ? null : time.toISOString().slice(0, -1);
}

/** The time now as UTC wall time, whatever the zone of the session is: the default of time columns of ours. */
export const UTC_NOW = `(clock_timestamp() AT TIME ZONE 'UTC')`;
