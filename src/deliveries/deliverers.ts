import { Injectable } from '@nestjs/common';
import type { Deliverer } from '../contracts/delivery';

/** Where deliverers stand that name no lane. */
const USUAL_LANE = 'usual';
const LATEST_LANE = 'latest';

/** Channels that share a limit of attempts at once. */
export interface Lane {
  readonly name: string;
  readonly channels: readonly string[];
  /** Of all its deliveries only the newest of each order key counts. */
  readonly latestOnly: boolean;
}

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
  lanes(): readonly Lane[] {
    const lanes = new Map<string, Lane>();
    for (const { channel, lane, latestOnly = false, available = true } of this.byChannel.values()) {
      if (!available) continue;
      const name = lane ?? (latestOnly ? LATEST_LANE : USUAL_LANE);
      // What is claimed in different ways cannot be claimed together.
      const key = `${name} ${latestOnly}`;
      lanes.set(key, { name: key, latestOnly, channels: [...(lanes.get(key)?.channels ?? []), channel] });
    }
    return [...lanes.values()];
  }
}
