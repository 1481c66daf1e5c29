import { Inject, Injectable } from '@nestjs/common';
import { CHANNEL_MODES, CONFIG, ConfigError, DEFAULT_CHANNELS, type ChannelMode, type Config } from '../config';
import type { EventName } from '../contracts/event';
import { DatabaseState } from '../database';
import type { Channel } from './channel';
import type { HandoverChannel } from './handover/handover-channel';
import type { MadeChannels } from './load-channels';

/** Injection token of all channels that could be made, whatever their mode: {@link MadeChannels}. */
export const MADE_CHANNELS = Symbol('MADE_CHANNELS');
/** Injection token of all hand-overs to other services, whatever their mode. */
export const HANDOVERS = Symbol('HANDOVERS');

/** The channels, and what becomes of each: Hub delivers it, hands it over, or does neither (D11). */
@Injectable()
export class Channels {
  private known: readonly Channel[] | null = null;

  constructor(
    @Inject(MADE_CHANNELS) private readonly made: MadeChannels,
    @Inject(HANDOVERS) readonly handovers: readonly HandoverChannel[],
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: DatabaseState,
  ) {
    const problems = Object.entries(config.channels).flatMap(([name, mode]) => this.problemOf(name, mode) ?? []);
    // A misspelt `webhook=handover` would leave webhooks on, and everybody would be told twice.
    if (problems.length > 0) throw new ConfigError(problems);
  }

  /** The channels that could be made, whatever their mode. */
  get found(): readonly Channel[] {
    return this.made.channels;
  }

  /** Everything HUB_CHANNELS may name. */
  get names(): readonly string[] {
    const delivering = [...this.found.map(({ name }) => name), ...this.made.unusable.keys()];
    return [...new Set([...delivering, ...this.handovers.map(({ of }) => of.name)])].sort();
  }

  /** What Hub tells people of itself. Known for good once the database is ready. */
  get delivering(): readonly Channel[] {
    return this.found.filter(({ name }) => this.modeOf(name) === 'deliver');
  }

  /** What Hub hands over to other services. Known for good once the database is ready. */
  get handingOver(): readonly HandoverChannel[] {
    return this.handovers.filter(({ of, possible }) => possible && this.modeOf(of.name) === 'handover');
  }

  /** What is to be handed over, although nobody said where: the variable to set, by name. */
  get stranded(): Readonly<Record<string, string>> {
    const stranded = this.handovers.filter(({ of, possible }) => !possible && this.modeOf(of.name) === 'handover');
    return Object.fromEntries(stranded.map(({ of, variable }) => [of.name, variable]));
  }

  /** Everything that deliveries are planned for. Known for good once the database is ready. */
  get active(): readonly Channel[] {
    if (this.known !== null) return this.known;
    const active = [...this.delivering, ...this.handingOver];
    if (this.database.ready) this.known = active;
    return active;
  }

  /** All events that somebody is to be told of. Known for good once the database is ready. */
  get events(): readonly EventName[] {
    return [...new Set(this.active.flatMap((channel) => channel.events))];
  }

  /**
   * As configured; else, on an existing Travis database, left to the services that tell people there already, as far as
   * it has them: nobody must be told twice (D11).
   */
  modeOf(name: string): ChannelMode {
    const missing = this.handovers.some(({ of, expected }) => of.name === name && !expected);
    const usual = this.database.travis && !missing ? 'handover' : (DEFAULT_CHANNELS[name] ?? 'off');
    return this.config.channels[name] ?? (this.modesOf(name).includes(usual) ? usual : 'off');
  }

  /** The modes that a channel can have; none for a name that nobody knows. */
  private modesOf(name: string): readonly ChannelMode[] {
    const deliver = this.made.unusable.has(name) || this.found.some((channel) => channel.name === name);
    const handover = this.handovers.some(({ of }) => of.name === name);
    const possible = { deliver, handover, off: deliver || handover };
    return CHANNEL_MODES.filter((mode) => possible[mode]);
  }

  private problemOf(name: string, mode: ChannelMode): string | undefined {
    const modes = this.modesOf(name);
    if (modes.length === 0) {
      return `HUB_CHANNELS names "${name}", but the channels are: ${this.names.join(', ')}. Correct it.`;
    }
    if (modes.includes(mode)) return undefined;
    return `HUB_CHANNELS sets "${name}" to ${mode}, which it cannot do. Choose one of: ${modes.join(', ')}.`;
  }
}
