import type { DeliverContext, DeliveryOutcome, Notice } from '../channel';
import type { AddressedService } from './handover';
import { HandoverChannel } from './handover-channel';

/** Hands over by telling a service at its own address. */
export class ServiceChannel extends HandoverChannel {
  readonly timeoutMs = 15_000;
  readonly variable: string;
  readonly possible: boolean;

  constructor(private readonly service: AddressedService) {
    super(service);
    this.variable = service.variable;
    this.possible = service.configured;
  }

  async deliver(notice: Notice, target: unknown, context: DeliverContext): Promise<DeliveryOutcome> {
    if (!this.possible) return { kind: 'retry', reason: `${this.variable} is not set` };
    return this.service.tell(notice, target, context);
  }

  override close(): Promise<void> {
    return this.service.close();
  }
}
