import type { AutoCancel, CommandData, WorkerRun } from '../contracts/command';
import type { DeployReport } from '../contracts/event';
import { usableText } from './domain/clean-text';
import { parseMessageTime } from './domain/message-time';
import { field, isRecord } from './message-body';
import type { MessageRecord } from './message-body';

/** Told of everything that is left out of a message instead of refusing it; the key is e.g. `started_at`. */
export type Warn = (key: string, problem: string) => void;

const TIME_KEYS = [
  ['queued_at', 'queuedAt'],
  ['received_at', 'receivedAt'],
  ['started_at', 'startedAt'],
  ['finished_at', 'finishedAt'],
] as const;

/** Lengths in UTF-16 units; real values are far below. They keep rows, logs and broadcasts readable. */
const LIMITS = { name: 255, reason: 2_000 } as const;
/** Largest value of an `integer` column. */
const MAX_INTEGER = 2_147_483_647;
/** What workers say when there is no instance. */
const NO_INSTANCE = '{unidentified}';

/** The four times that may reach a column; what is no usable time is left out. */
export function readTimes(
  message: MessageRecord,
  warn: Warn,
): Pick<CommandData, 'queuedAt' | 'receivedAt' | 'startedAt' | 'finishedAt'> {
  const times: { queuedAt?: Date; receivedAt?: Date; startedAt?: Date; finishedAt?: Date } = {};
  for (const [key, name] of TIME_KEYS) {
    const value = field(message, key);
    if (value === undefined) continue;
    const time = parseMessageTime(value);
    if (time instanceof Date) times[name] = time;
    else warn(key, time === 'null' ? 'is null' : `is ${quote(value)}: ${time}`);
  }
  // The worker's clock may be behind the scheduler's; nothing is received before it was queued.
  if (times.queuedAt && times.receivedAt && times.receivedAt < times.queuedAt) times.receivedAt = times.queuedAt;
  return times;
}

export function readUserId(value: unknown, warn: Warn): number | undefined {
  if (value === undefined || value === null) return undefined;
  const id = wholeNumber(value);
  if (id !== undefined && id > 0) return id;
  warn('restarted_by', `is ${quote(value)}, not the id of a user`);
  return undefined;
}

/** The part of a message that the worker's machinery adds; an empty object when there is none. */
export function readMeta(message: MessageRecord, warn: Warn): MessageRecord {
  const meta = field(message, 'meta');
  if (isRecord(meta)) return meta;
  if (meta !== undefined && meta !== null) warn('meta', `is ${quote(meta)}, not an object`);
  return {};
}

export function readVmSize(message: MessageRecord): string | undefined {
  return usableText(field(message, 'vm_size'), LIMITS.name);
}

/** Half of the pair orders nothing: HTTP workers count without naming the run. */
export function readRun(meta: MessageRecord, warn: Warn): WorkerRun | undefined {
  const uuid = usableText(field(meta, 'uuid'), LIMITS.name);
  const value = field(meta, 'state_update_count');
  if (uuid === undefined || value === undefined || value === null) return undefined;
  const count = wholeNumber(value);
  if (count !== undefined) return { uuid, count };
  warn('meta.state_update_count', `is ${quote(value)}, not a whole number`);
  return undefined;
}

export function readInstanceId(meta: MessageRecord): string | undefined {
  const instanceId = usableText(field(meta, 'instance_id'), LIMITS.name);
  return instanceId === NO_INSTANCE ? undefined : instanceId;
}

export function readReason(message: MessageRecord, meta: MessageRecord): string | undefined {
  return usableText(field(message, 'reason'), LIMITS.reason) ?? usableText(field(meta, 'reason'), LIMITS.reason);
}

export function readAutoCancel(meta: MessageRecord): AutoCancel | undefined {
  if (!field(meta, 'auto')) return undefined;
  return {
    ...present('event', textOrNumber(field(meta, 'event'))),
    ...present('number', textOrNumber(field(meta, 'number'))),
    ...present('branch', textOrNumber(field(meta, 'branch'))),
    ...present('pullRequestNumber', textOrNumber(field(meta, 'pull_request_number'))),
  };
}

/** Strategies that the two oldest providers had before they were named (wire.md §4.5). */
const USUAL_STRATEGIES: Readonly<Record<string, string>> = { heroku: 'api', pages: 'git' };

/** What is known of a deploy. `status` is the result of the script before it, as a shell says it. */
export function readDeploy(message: MessageRecord): DeployReport {
  const provider = textOrNumber(field(message, 'provider'));
  const usual =
    provider !== undefined && Object.hasOwn(USUAL_STRATEGIES, provider) ? USUAL_STRATEGIES[provider] : undefined;
  const status = textOrNumber(field(message, 'status'));
  return {
    ...present('provider', provider),
    ...present('strategy', textOrNumber(field(message, 'strategy')) ?? usual),
    ...present('passed', status === undefined ? undefined : status === '0'),
    ...present('edge', field(message, 'edge') ? true : undefined),
  };
}

function textOrNumber(value: unknown): string | undefined {
  return usableText(typeof value === 'number' ? String(value) : value, LIMITS.name);
}

/** A whole number from 0 to {@link MAX_INTEGER}, as number or as decimal text. */
function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= MAX_INTEGER
    ? number
    : undefined;
}

/** An object with the key only if there is a value: absent and undefined must look the same to whoever compares. */
export function present<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: V });
}

/** A value of a stranger as it may stand in a log: short and on one line. */
export function quote(value: unknown): string {
  if (value === undefined) return 'absent';
  if (isRecord(value)) return 'an object';
  if (Array.isArray(value)) return 'an array';
  const text = typeof value === 'string' ? JSON.stringify(value) : printed(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function printed(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean' || value === null
    ? String(value)
    : `a ${typeof value}`;
}
