import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, ConfigError, DEFAULT_CHANNELS, type ChannelMode, type Config } from '../config';
import type { EventName } from '../contracts/event';
import { DatabaseState } from '../database';
import type { Channel, ChannelTarget, Notice } from './channel';

/** Injection token of all channels that were found, whatever their mode. */
export const FOUND_CHANNELS = Symbol('FOUND_CHANNELS');

/** The channels, and which of them this Hub delivers itself. */
@Injectable()
export class Channels {
  constructor(
    @Inject(FOUND_CHANNELS) readonly found: readonly Channel[],
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: DatabaseState,
  ) {
    const names = found.map(({ name }) => name);
    const unknown = Object.keys(config.channels).filter((name) => !names.includes(name));
    // A misspelt `webhook=handover` would leave webhooks on, and everybody would be told twice.
    if (unknown.length > 0) {
      throw new ConfigError(
        unknown.map((name) => `HUB_CHANNELS names "${name}", but the channels are: ${names.join(', ')}. Correct it.`),
      );
    }
  }

  /** What Hub tells people of itself. Known for good once the database is ready. */
  get delivering(): readonly Channel[] {
    return this.found.filter(({ name }) => this.modeOf(name) === 'deliver');
  }

  /** All events that some channel tells of. Known for good once the database is ready. */
  get events(): readonly EventName[] {
    return [...new Set(this.delivering.flatMap((channel) => channel.events))];
  }

  /**
   * As configured; else, on an existing Travis database, left to the services that tell people there already: nobody
   * must be told twice (D11).
   */
  modeOf(name: string): ChannelMode {
    return this.config.channels[name] ?? (this.database.travis ? 'handover' : (DEFAULT_CHANNELS[name] ?? 'off'));
  }
}

/** Planning and delivering ask for the same within milliseconds. */
const found = new WeakMap<Notice, Map<Channel, readonly ChannelTarget<unknown>[]>>();

/**
 * Who is to be told of a notice by a channel.
 *
 * @throws whatever the channel throws
 */
export function targetsOf(channel: Channel, notice: Notice): readonly ChannelTarget<unknown>[] {
  const ofNotice = found.get(notice) ?? new Map<Channel, readonly ChannelTarget<unknown>[]>();
  found.set(notice, ofNotice);
  const known = ofNotice.get(channel);
  if (known) return known;
  const targets = channel.targets(notice);
  ofNotice.set(channel, targets);
  return targets;
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
  return targetsOf(channel, notice).find((target) => target.element === element && fingerprint(target) === print);
}
