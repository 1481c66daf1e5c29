import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { EventName } from '../contracts/event';
import type { Channel, ChannelTarget, Notice } from './channel';

/** Injection token of all channels that were found, whatever their mode. */
export const FOUND_CHANNELS = Symbol('FOUND_CHANNELS');

/** The channels that this Hub delivers itself. */
@Injectable()
export class Channels {
  readonly delivering: readonly Channel[];

  constructor(@Inject(FOUND_CHANNELS) found: readonly Channel[], @Inject(CONFIG) config: Config) {
    this.delivering = found.filter((channel) => config.channels[channel.name] === 'deliver');
  }

  /** All events that at least one of the channels wants to hear of. */
  get events(): readonly EventName[] {
    return [...new Set(this.delivering.flatMap((channel) => channel.events))];
  }

  get(name: string): Channel | undefined {
    return this.delivering.find((channel) => channel.name === name);
  }
}

/** Recognises a target again without storing it: targets may hold secrets. */
export function fingerprint(target: ChannelTarget<unknown>): string {
  return createHash('sha256').update(target.key).digest('hex').slice(0, 32);
}

/** The target of a notice that a stored delivery was planned for, if the config still names it. */
export function findTarget(
  channel: Channel,
  notice: Notice,
  element: number,
  print: string,
): ChannelTarget<unknown> | undefined {
  return channel.targets(notice).find((target) => target.element === element && fingerprint(target) === print);
}
