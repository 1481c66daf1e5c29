import type { Command, CommandData } from '../contracts/command';
import { RejectedCommand } from '../contracts/command';
import type { Result } from '../contracts/states';
import { isFinished } from '../contracts/states';
import { isUsableTime } from './domain/message-time';
import { parseMessageType } from './domain/message-type';
import type { MessageType } from './domain/message-type';
import { field, parseBody } from './message-body';
import type { MessageRecord } from './message-body';
import {
  quote,
  readAutoCancel,
  readDeploy,
  readInstanceId,
  readMeta,
  readReason,
  readRun,
  readTimes,
  readUserId,
  readVmSize,
} from './message-fields';
import type { Warn } from './message-fields';

/** Something in a message that was left out instead of refusing the message (D5). */
export interface MessageWarning {
  /** Which key, e.g. `started_at` or `meta.state_update_count`. */
  readonly key: string;
  readonly problem: string;
}

export interface NormalisedMessage {
  readonly command: Command;
  readonly warnings: readonly MessageWarning[];
}

/**
 * Turns a message of any sender, old or new, into a {@link Command}: see {@link readMessage}.
 *
 * @throws RejectedCommand when the message can never be applied: its type, its body, its id or its result is unusable.
 */
export function normaliseMessage(type: string | undefined, body: unknown, sentAt?: Date): Command {
  return readMessage(type, body, sentAt).command;
}

/**
 * Turns a message into a {@link Command} and says what had to be left out.
 *
 * Liberal (D5): unknown keys are ignored; times that are null, zero or no time at all are dropped with a warning.
 * @param type `job:test:start`, `job:start`, `"job:start"` …
 * @param body the bytes, the JSON text, a JSON string that holds JSON text, or the parsed object
 * @param sentAt when the sender published it, if known
 * @throws RejectedCommand when type, body, id or (of a finish) result is unusable
 */
export function readMessage(type: string | undefined, body: unknown, sentAt?: Date): NormalisedMessage {
  const wish = readType(type);
  const message = parseBody(body);
  const warnings: MessageWarning[] = [];
  const warn: Warn = (key, problem) => void warnings.push({ key, problem });
  const meta = readMeta(message, warn);

  const id = readId(field(message, wish.name === 'deploy' ? 'job_id' : 'id'));
  if (wish.name === 'deploy') return { command: { ...wish, id, data: {}, deploy: readDeploy(message) }, warnings };
  const command = { subject: wish.subject, name: wish.name, id, data: readData(wish, message, warn) } as Draft<Command>;
  // What is absent has no key, so that whoever compares commands sees no difference to undefined.
  const run = readRun(meta, warn);
  if (run) command.run = run;
  const instanceId = readInstanceId(meta);
  if (instanceId !== undefined) command.instanceId = instanceId;
  const reason = readReason(message, meta);
  if (reason !== undefined) command.reason = reason;
  const autoCancel = readAutoCancel(meta);
  if (autoCancel) command.autoCancel = autoCancel;
  if (sentAt && isUsableTime(sentAt)) command.sentAt = sentAt;
  if (wish.name === 'finish' && field(message, 'trace') === true) command.trace = true;
  return { command: command, warnings };
}

/** A record while it is put together. Assignments, because spreads take a third of the time a message costs here. */
type Draft<T> = { -readonly [K in keyof T]: T[K] };

function readType(type: string | undefined): MessageType {
  if (typeof type !== 'string' || type.trim() === '') {
    throw new RejectedCommand(
      'no_type',
      'The message has no type; set the AMQP property "type", e.g. to job:test:start.',
    );
  }
  const wish = parseMessageType(type);
  if (wish) return wish;
  throw new RejectedCommand(
    'unknown_type',
    `The type ${quote(type)} is not known; Hub takes job:receive, start, finish, reset, restart, cancel and build:create, start, finish, cancel, restart.`,
  );
}

function readId(value: unknown): number {
  const id = typeof value === 'string' && /^\d{1,16}$/.test(value.trim()) ? Number(value) : value;
  if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0) return id;
  throw new RejectedCommand('unusable_id', `The id is ${quote(value)}; it must be a positive whole number.`);
}

function readData(wish: MessageType, message: MessageRecord, warn: Warn): CommandData {
  const data: Draft<CommandData> = readTimes(message, warn);
  if (wish.name === 'finish') data.state = readResult(field(message, 'state'));
  const vmSize = readVmSize(message);
  if (vmSize !== undefined) data.vmSize = vmSize;
  const restartedBy = readUserId(field(message, 'restarted_by'), warn);
  if (restartedBy !== undefined) data.restartedBy = restartedBy;
  return data;
}

/** The state matters only where a run ends: every other event says by its name where the job goes. */
function readResult(value: unknown): Result {
  const state = value === 'cancelled' ? 'canceled' : value;
  if (typeof state === 'string' && isFinished(state)) return state;
  throw new RejectedCommand(
    'unusable_result',
    `A finish needs the state passed, failed, errored or cancelled, but it is ${quote(value)}.`,
  );
}
