import type { PlacedVector } from './placed';
import type { Step } from './vector';

/** A message as its sender publishes it. */
export interface VectorMessage {
  /** What the message is about, for reports. */
  readonly vector: string;
  readonly type: string;
  readonly body: Record<string, unknown>;
}

/** What workers send carries `:test` in its type, what the API and the scheduler send does not. */
const FROM_WORKERS = new Set(['job:receive', 'job:start', 'job:finish', 'job:reset']);

/** True for what other services write to the database instead of sending a message. */
export function isExternal(step: Step): boolean {
  return step.type.startsWith('external:');
}

/** The step's message, byte for byte as its sender would write it. */
export function messageOf(placed: PlacedVector, step: Step): VectorMessage {
  const type = FROM_WORKERS.has(step.type) ? step.type.replace('job:', 'job:test:') : step.type;
  return { vector: placed.vector.id, type, body: placed.messageBody(step) };
}
