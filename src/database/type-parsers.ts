import { types } from 'pg';

import { parseTimestamp } from './time';

/** Reads the text form of a value; what node-pg calls with each non-null cell. */
type Parse = (text: string) => unknown;

/** Its declared list of type ids is short; it takes any. */
const builtIn = types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parse;

/** `pg_type.oid` of what node-pg reads differently from Hub. */
const INT8 = 20;
const TIMESTAMP = 1114;
const INT8_ARRAY = 1016;
const TIMESTAMP_ARRAY = 1115;
const TEXT_ARRAY = 1009;

const PARSERS: ReadonlyMap<number, Parse> = new Map<number, Parse>([
  [INT8, parseInt8],
  [TIMESTAMP, parseTimestamp],
  [INT8_ARRAY, arrayOf(parseInt8)],
  [TIMESTAMP_ARRAY, arrayOf(parseTimestamp)],
]);

/**
 * How the connections of Hub read values; given to the pool, so that other users of node-pg in the process keep theirs.
 *
 * `timestamp` is UTC (not the zone of the process), bigint is a number as everywhere on the wire. `numeric` stays text.
 */
export const typeParsers = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): Parse {
    const own = format === 'binary' ? undefined : PARSERS.get(oid);
    return own ?? builtIn(oid, format);
  },
};

/** Text when the number would not be exact: wrong digits are worse than a wrong type. */
function parseInt8(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

function arrayOf(parse: Parse): Parse {
  const parseTexts = builtIn(TEXT_ARRAY) as (text: string) => (string | null)[];
  return (text) => parseTexts(text).map((element) => (element === null ? null : parse(element)));
}
