import { createHash } from 'node:crypto';
import type { ConsumeMessage, MessageProperties } from 'amqplib';
import type { MessageIdentity } from '../../contracts/command';
import { timestampToDate } from '../domain/timestamp';
import type { IncomingMessage } from '../incoming-message';

/**
 * A message as the broker gave it: its type is the AMQP property `type`, for the name of the event travels nowhere else.
 *
 * Reads only what is asked for: most messages are applied without a look at their fingerprint or properties.
 */
class ReceivedMessage implements IncomingMessage {
  readonly type: string | undefined;
  readonly sentAt?: Date;

  constructor(private readonly received: ConsumeMessage) {
    const type: unknown = received.properties.type;
    this.type = typeof type === 'string' ? type : undefined;
    const sentAt = timestampToDate(received.properties.timestamp);
    if (sentAt) this.sentAt = sentAt;
  }

  get body(): Buffer {
    return this.received.content;
  }

  get identity(): MessageIdentity {
    const { content, properties, fields } = this.received;
    return { fingerprint: fingerprint(content, properties), redelivered: fields.redelivered };
  }

  get properties(): Readonly<Record<string, unknown>> {
    const { properties, fields } = this.received;
    const { exchange, routingKey, redelivered } = fields;
    return { ...withoutEmpty(properties), exchange, routingKey, redelivered };
  }
}

export function toIncomingMessage(message: ConsumeMessage): IncomingMessage {
  return new ReceivedMessage(message);
}

/** Headers are left out: the broker adds its own to them when it delivers again. */
function fingerprint(content: Buffer, { type, timestamp, messageId, correlationId }: MessageProperties): string {
  const envelope = JSON.stringify([type, timestamp, messageId, correlationId]);
  return createHash('sha256').update(envelope).update('\n').update(content).digest('base64url');
}

function withoutEmpty(properties: MessageProperties): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined));
}
