import type { ConsumerDeserializer, IncomingEvent } from '@nestjs/microservices';
import { parseMessageType, plainType } from '../domain/message-type';
import type { IncomingMessage } from '../incoming-message';

/** Pattern of the handler that takes every message whose type Hub does not accept, or that has none. */
export const UNACCEPTED = 'unaccepted';

/**
 * Gives Nest the handler's pattern: the plain type (`job:start` for `job:test:start`), else {@link UNACCEPTED}.
 *
 * The body stays as it is: whether it can be read is decided in one place, by the normaliser.
 */
export class MessageDeserializer implements ConsumerDeserializer {
  deserialize(message: IncomingMessage): IncomingEvent {
    const accepted = message.type !== undefined && parseMessageType(message.type) !== undefined;
    return { pattern: accepted ? plainType(message.type) : UNACCEPTED, data: message };
  }
}
