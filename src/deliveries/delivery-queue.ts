import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';

/** Whose rows became due: some channels', or anybody's. */
export type Due = ReadonlySet<string> | 'any';

/** Wakes the delivery loop of this process; others find the rows within a second. */
@Injectable()
export class DeliveryQueue {
  private readonly bell = new EventEmitter();
  private due: Set<string> | 'any' = new Set();

  /** Says that rows became due, those of these channels if the caller knows. */
  nudge(channels: Iterable<string> | 'any' = 'any'): void {
    if (channels === 'any') this.due = 'any';
    else if (this.due !== 'any') for (const channel of channels) this.due.add(channel);
    this.bell.emit('ring');
  }

  /** Waits for a nudge, at most so long. Returns at once when one came since the last {@link take}. */
  async wait(ms: number): Promise<void> {
    if (this.due === 'any' || this.due.size > 0) return;
    await once(this.bell, 'ring', { signal: AbortSignal.timeout(ms) }).catch(() => undefined);
  }

  /** What all nudges since the last call were about. */
  take(): Due {
    const { due } = this;
    this.due = new Set();
    return due;
  }
}
