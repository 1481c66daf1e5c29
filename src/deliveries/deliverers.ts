import { Injectable } from '@nestjs/common';
import type { Deliverer } from '../contracts/delivery';

/** Who delivers which channel. Modules register theirs while they start. */
@Injectable()
export class Deliverers {
  private readonly byChannel = new Map<string, Deliverer>();

  /** @throws Error when the channel has a deliverer already. */
  register(deliverer: Deliverer): void {
    if (this.byChannel.has(deliverer.channel)) {
      throw new Error(`channel "${deliverer.channel}" is registered twice: names of channels must differ`);
    }
    this.byChannel.set(deliverer.channel, deliverer);
  }

  get(channel: string): Deliverer | undefined {
    return this.byChannel.get(channel);
  }

  get channels(): readonly string[] {
    return [...this.byChannel.keys()];
  }
}
