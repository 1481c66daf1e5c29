import type { Channel, ChannelTarget, DeliverContext, DeliveryOutcome, Notice } from '../channel';
import type { Receiver } from './handover';

/**
 * A hand-over as a channel, so that it is planned and delivered like any other. Its rows have a name of their own: when
 * somebody changes the mode, what was planned before still goes the way that it was planned for.
 */
export abstract class HandoverChannel implements Channel {
  readonly name: string;
  abstract readonly timeoutMs: number;
  /** The variable to set when it is not {@link possible}. */
  abstract readonly variable: string;
  /** There is an address to hand over to, whether or not it answers now. */
  abstract readonly possible: boolean;

  constructor(readonly of: Receiver) {
    this.name = `handover-${of.name}`;
  }

  /** An existing installation is taken to have it. */
  get expected(): boolean {
    return this.of.expected ?? true;
  }

  get latestOnly(): boolean {
    return this.of.latestOnly === true;
  }

  get events(): Channel['events'] {
    return this.of.events;
  }

  /** False while it is known that nobody answers: its rows wait, and no attempt is counted. */
  get available(): boolean {
    return true;
  }

  targets(notice: Notice): readonly ChannelTarget<unknown>[] {
    return this.of.targets(notice);
  }

  abstract deliver(notice: Notice, target: unknown, context: DeliverContext): Promise<DeliveryOutcome>;

  /** Closes what is its own. */
  async close(): Promise<void> {
    // Nothing, unless it says otherwise.
  }
}
