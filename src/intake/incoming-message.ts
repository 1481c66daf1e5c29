import type { MessageIdentity } from '../contracts/command';

/** A message as it came over any transport: what is applied, and what is kept when it has to be parked. */
export interface IncomingMessage {
  /** The name of the event, with or without `:test`. */
  readonly type: string | undefined;
  /** The very bytes: only they tell text that is no JSON from a JSON string, and only they can be parked whole. */
  readonly body: Buffer;
  /** When the sender sent it, if it said so. */
  readonly sentAt?: Date;
  readonly identity: MessageIdentity;
  /** What the transport knows about it beside the body; `timestamp` holds {@link sentAt}, so that a replay knows it. */
  readonly properties: Readonly<Record<string, unknown>>;
}
