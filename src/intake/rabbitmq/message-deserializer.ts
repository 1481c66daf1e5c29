import type { ConsumerDeserializer } from '@nestjs/microservices';
import { parseMessageType } from '../domain/message-type';
import type { IncomingMessage } from '../incoming-message';

/** Pattern of the handler that takes every message whose type Hub does not accept, or that has none. */
export const UNACCEPTED = 'unaccepted';

/**
 * Gives Nest the handler's pattern: what is asked of what (`job:start` for `job:test:start`), else {@link UNACCEPTED}.
 *
 * The body stays as it is: whether it can be read is decided in one place, by the normaliser.
 */
export class MessageDeserializer implements ConsumerDeserializer {
  deserialize(message: IncomingMessage): { readonly pattern: string; readonly data: IncomingMessage } {
    const wish = message.type === undefined ? undefined : parseMessageType(message.type);
    return { pattern: wish ? `${wish.subject}:${wish.name}` : UNACCEPTED, data: message };
  }
}
