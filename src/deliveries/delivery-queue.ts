import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';

/** Wakes the delivery loop of this process; others find the rows within a second. */
@Injectable()
export class DeliveryQueue {
  private readonly bell = new EventEmitter();
  private rung = false;

  /** Says that rows became due. */
  nudge(): void {
    this.rung = true;
    this.bell.emit('ring');
  }

  /** Waits for a nudge, at most so long. Returns at once when one came since the last wait. */
  async wait(ms: number): Promise<void> {
    if (!this.rung) {
      await once(this.bell, 'ring', { signal: AbortSignal.timeout(ms) }).catch(() => undefined);
    }
    this.rung = false;
  }
}
