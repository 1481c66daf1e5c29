import type { RejectReason } from '../../contracts/command';
import type { IncomingMessage } from '../incoming-message';
import { normaliseMessage } from '../normalise';
import type { ParkableMessage } from './parked-message';

/**
 * What is kept of a message that cannot be applied.
 * @param source which way it came
 */
export function parkable(
  source: string,
  message: IncomingMessage,
  reason: RejectReason,
  detail: string,
): ParkableMessage {
  const { type, body, properties, identity } = message;
  return { source, type, reason, detail, body, properties, identity, ...subjectOf(message) };
}

/** What a rejected message was about; nothing when that cannot be read, which is then why it is rejected. */
function subjectOf(message: IncomingMessage): Pick<ParkableMessage, 'subject' | 'subjectId'> {
  try {
    const { subject, id } = normaliseMessage(message.type, message.body);
    return { subject, subjectId: id };
  } catch {
    return {};
  }
}
