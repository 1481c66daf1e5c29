import { createHash } from 'node:crypto';
import type { MessageIdentity } from '../../contracts/command';
import { RejectedCommand } from '../../contracts/command';
import { timestampToDate } from '../domain/timestamp';
import type { IncomingMessage } from '../incoming-message';
import { isRecord } from '../message-body';
import type { MessageRecord } from '../message-body';
import { quote } from '../message-fields';

/** The only class that stands for messages to Hub (wire.md 4.1). */
const JOB_CLASS = 'Travis::Hub::Sidekiq::Worker';
/** Sidekiq makes 24 hexadecimal digits; anything as short and as plain will do. */
const JOB_ID = /^[\w-]{8,100}$/;

/** A job of the queue as a message, and why it can never be applied, if that is clear already. */
export interface DecodedJob {
  readonly message: IncomingMessage;
  readonly rejected?: RejectedCommand;
}

/**
 * Reads a job that another service queued with Sidekiq for Travis Hub.
 *
 * Its arguments are the event and the payload. Most services encode each of them once more as JSON; Travis Hub's own
 * `drain` and older ones do not. Never throws: what cannot be read becomes a message that is rejected and parked whole.
 */
export function decodeJob(bytes: Buffer): DecodedJob {
  const job = parse(bytes);
  if (job instanceof RejectedCommand) return { message: unreadable(bytes), rejected: job };
  const { args, ...envelope } = job;
  // Kept when a job is tried again, unlike `enqueued_at`.
  const timestamp = envelope['created_at'] ?? envelope['enqueued_at'];
  const sentAt = timestampToDate(timestamp);
  const facts = {
    ...(sentAt && { sentAt }),
    identity: identify(envelope, bytes),
    properties: { ...envelope, timestamp },
  };

  const rejected = refuse(envelope['class'], args);
  // Whole, since nothing says which part of it is what.
  if (rejected) return { message: { ...facts, type: textOf(envelope['class']), body: bytes }, rejected };
  const [event, payload] = args as readonly [string, unknown];
  return { message: { ...facts, type: event.replaceAll('"', ''), body: bodyOf(payload) } };
}

function parse(bytes: Buffer): MessageRecord | RejectedCommand {
  try {
    const job: unknown = JSON.parse(bytes.toString('utf8'));
    if (isRecord(job)) return job;
    return new RejectedCommand('not_an_object', 'The job is JSON but no object; Sidekiq queues objects.');
  } catch (cause) {
    const text = `The job is not JSON (${bytes.length} bytes); Sidekiq queues JSON objects.`;
    return new RejectedCommand('not_json', text, { cause });
  }
}

function refuse(name: unknown, args: unknown): RejectedCommand | undefined {
  if (name !== JOB_CLASS) {
    return new RejectedCommand(
      'unknown_type',
      `The job's class is ${quote(name)}; Hub takes jobs of ${JOB_CLASS} only.`,
    );
  }
  if (Array.isArray(args) && typeof args[0] === 'string') return undefined;
  return new RejectedCommand(
    'no_type',
    "The job's arguments have to be the event, such as job:cancel, and its payload.",
  );
}

/** As text, which the normaliser decodes as often as need be. */
function bodyOf(payload: unknown): Buffer {
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload ?? null));
}

/**
 * Sidekiq gives each job an id and keeps it when the job is tried again, so one that was applied is not meant again,
 * however it came back. Without an id nobody knows: somebody may have queued the same words twice, and meant it.
 */
function identify({ jid }: MessageRecord, bytes: Buffer): MessageIdentity {
  if (typeof jid === 'string' && JOB_ID.test(jid)) return { fingerprint: `sidekiq:${jid}`, redelivered: true };
  return { fingerprint: createHash('sha256').update(bytes).digest('base64url'), redelivered: false };
}

function unreadable(bytes: Buffer): IncomingMessage {
  return { type: undefined, body: bytes, identity: identify({}, bytes), properties: {} };
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
