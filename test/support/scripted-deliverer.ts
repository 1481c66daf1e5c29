import type { Deliverer, Delivery, DeliveryOutcome, RetryPolicy } from '../../src/contracts/delivery';

/** Answers as it is told and remembers what it was asked. */
export class ScriptedDeliverer implements Deliverer {
  available = true;
  timeoutMs = 2_000;
  strictOrder = false;
  retry: RetryPolicy = { firstPauseMs: 20, longestPauseMs: 100, attempts: 3 };
  slowsDown = false;
  latestOnly = false;
  readonly asked: { id: number; attempt: number; name: unknown }[] = [];
  answer: (delivery: Delivery, signal: AbortSignal) => Promise<DeliveryOutcome> = () =>
    Promise.resolve({ kind: 'delivered' });

  constructor(
    readonly channel = 'scripted',
    readonly lane = 'one',
  ) {}

  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome> {
    this.asked.push({ id: delivery.id, attempt: delivery.attempt, name: delivery.payload?.['name'] });
    return this.answer(delivery, signal);
  }
}
