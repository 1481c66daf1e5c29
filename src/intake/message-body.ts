import { RejectedCommand } from '../contracts/command';

/** A JSON object of a stranger: read it with {@link field} only. */
export type MessageRecord = Readonly<Record<string, unknown>>;

/** JSON text, a JSON string holding JSON text (Sidekiq encodes twice), and one more for a body encoded again on its way. */
const MOST_ENCODINGS = 3;
const BYTE_ORDER_MARK = /^\uFEFF/;

export function isRecord(value: unknown): value is MessageRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}

/** The value of an own key, so that no name on the prototype is ever taken for something the sender said. */
export function field(record: MessageRecord, key: string): unknown {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/**
 * Finds the object that a message carries.
 *
 * @param body bytes, JSON text (encoded more than once or not), or what was parsed already
 * @throws RejectedCommand `not_json` when the text does not parse, `not_an_object` when there is something else inside
 */
export function parseBody(body: unknown): MessageRecord {
  let value = Buffer.isBuffer(body) ? body.toString('utf8').replace(BYTE_ORDER_MARK, '') : body;
  for (let depth = 0; typeof value === 'string' && depth < MOST_ENCODINGS; depth++) value = parse(value, depth);
  if (isRecord(value)) return value;
  throw notAnObject(value);
}

function parse(text: string, depth: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (depth > 0) throw notAnObject(text);
    throw new RejectedCommand('not_json', `The body is not JSON (${text.length} characters); send a JSON object.`, {
      cause: error,
    });
  }
}

function notAnObject(value: unknown): RejectedCommand {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return new RejectedCommand('not_an_object', `The body holds ${found}; send a JSON object with at least an id.`);
}
