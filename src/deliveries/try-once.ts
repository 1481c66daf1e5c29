import { NotAttempted, type Deliverer, type Delivery, type DeliveryOutcome } from '../contracts/delivery';
import { soundOutcome } from './domain/sound-outcome';

/** How long an attempt that is broken off may take to end in its own way. */
const ABORT_GRACE_MS = 1_000;

/**
 * Lets a deliverer make one attempt, for as long as it may take, or until it is broken off.
 *
 * An attempt ends then, whether or not the deliverer minds: its lease would be renewed for ever.
 *
 * @returns null when it could not even begin
 */
export async function tryOnce(
  deliverer: Deliverer,
  delivery: Delivery,
  abort: AbortController,
): Promise<DeliveryOutcome | null> {
  const { signal } = abort;
  const timer = setTimeout(() => {
    abort.abort(new Error(`no answer within ${deliverer.timeoutMs} ms`));
  }, deliverer.timeoutMs);
  const brokenOff = new Promise<never>((_resolve, reject) => {
    const giveUp = () => setTimeout(() => reject(signal.reason as Error), ABORT_GRACE_MS).unref();
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return soundOutcome(await Promise.race([deliverer.deliver(delivery, signal), brokenOff]));
  } catch (error) {
    if (error instanceof NotAttempted) return null;
    return { kind: 'retry', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
