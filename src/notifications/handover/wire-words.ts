import type { EventName, IsoTime } from '../../contracts/event';

/** The name receivers know an event by: what starts over is told as created (wire.md §5.2). */
export function toldAs(event: EventName): string {
  return event.replace('restarted', 'created');
}

/** `2014-04-03T10:22:05Z`. */
export function toSeconds(time: IsoTime | null): string | null {
  return time === null ? null : time.replace(/(?:\.\d+)?Z$/, 'Z');
}

/** `2014-04-03T10:22:05.000Z`. */
export function toMilliseconds(time: IsoTime | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}

/** Whole seconds between two times; null unless both are known. */
export function secondsBetween(start: IsoTime | null, end: IsoTime | null): number | null {
  return start === null || end === null ? null : Math.trunc((Date.parse(end) - Date.parse(start)) / 1000);
}
