import { Injectable } from '@nestjs/common';
import type { Deliverer } from '../contracts/delivery';

/** Where deliverers stand that name no lane. */
const USUAL_LANE = 'usual';

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

  /** Those of the channels whose deliveries are made strictly in order. */
  strictlyOrdered(channels: readonly string[]): readonly string[] {
    return channels.filter((channel) => this.byChannel.get(channel)?.strictOrder ?? false);
  }

  /** The channels that can be delivered now, by lane. */
  lanes(): ReadonlyMap<string, readonly string[]> {
    const lanes = new Map<string, string[]>();
    for (const { channel, lane = USUAL_LANE, available = true } of this.byChannel.values()) {
      if (available) lanes.set(lane, [...(lanes.get(lane) ?? []), channel]);
    }
    return lanes;
  }
}
