import type { ChannelDeps } from '../../channel';
import { sayCommand } from './lines';
import { IrcProblem, passing } from './problem';
import { register } from './registration';
import { refusalOf, type ServerMessage } from './replies';
import type { IrcServer, Limits } from './server';
import { untilAborted } from './waiting';
import { Wire } from './wire';

/** What is said where. */
export interface Saying {
  readonly channel: string;
  readonly key: string | null;
  readonly join: boolean;
  readonly notice: boolean;
  readonly lines: readonly string[];
}

/** Hub on one server: in its channels, saying one thing after the other. */
export class Session {
  /** Channels that we are in, the one that was spoken in longest ago first. */
  private channels: readonly Place[] = [];
  /** The key of the channel that we are about to enter. */
  private key: string | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  /** How many lines of all notices are not said yet. */
  private waiting = 0;

  private constructor(
    private readonly server: IrcServer,
    private readonly wire: Wire,
    private readonly limits: Limits,
  ) {
    wire.hear((message) => this.keepTrack(message));
  }

  /**
   * Connects to a server and is let in.
   *
   * @param signal gives up on that.
   * @throws IrcProblem
   */
  static async open(
    server: IrcServer,
    sockets: ChannelDeps['sockets'],
    limits: Limits,
    signal: AbortSignal,
  ): Promise<Session> {
    const wire = new Wire(server, sockets, limits);
    const session = new Session(server, wire, limits);
    try {
      await untilAborted(register(wire, server, limits), signal);
      return session;
    } catch (error) {
      wire.drop(passing('the server did not let Hub in'));
      throw error;
    }
  }

  /** Resolves when the connection is over. */
  get ended(): Promise<unknown> {
    return this.wire.ended;
  }

  /**
   * Says the lines, in the channel if need be, and resolves when the server has taken all of them.
   *
   * @throws IrcProblem when it has not; some lines may have been said nevertheless.
   */
  async tell(saying: Saying, signal: AbortSignal): Promise<void> {
    const waitMs = this.waiting * this.limits.lineMs;
    if (waitMs > this.limits.longestWaitMs) {
      throw new IrcProblem(`${this.waiting} lines wait for this server, which is not to be flooded`, false, waitMs);
    }
    const { length } = saying.lines;
    this.waiting += length;
    try {
      await this.inTurn(signal, async () => {
        await this.enter(saying, signal);
        await this.say(saying, signal);
      });
    } finally {
      this.waiting -= length;
    }
  }

  /** Says goodbye to the server. */
  quit(): Promise<void> {
    return this.wire.quit();
  }

  /** One after the other: an answer of the server names the channel, not the line that it is about. */
  private async inTurn(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const before = this.turn;
    let done: (value?: unknown) => void = () => undefined;
    this.turn = new Promise((resolve) => (done = resolve));
    try {
      await untilAborted(before, signal);
      await work();
    } finally {
      void before.then(done);
    }
  }

  /** What one config's key opened is not open to another's without it: that one has to come in by itself. */
  private async enter({ channel, key, join }: Saying, signal: AbortSignal): Promise<void> {
    const place = this.placeOf(channel);
    if (place?.key === key) return;
    if (place !== undefined) await this.wire.send(`PART ${channel}`, signal);
    if (!join) return;
    this.key = key;
    const command = `JOIN ${channel}${key === null ? '' : ` ${key}`}`;
    let refusal = await this.try(channel, [command], signal);
    const [oldest] = this.channels;
    if (refusal?.code === TOO_MANY_CHANNELS && oldest !== undefined) {
      refusal = await this.try(channel, [`PART ${oldest.name}`, command], signal);
    }
    if (refusal !== null) throw refusal.problem;
  }

  private async say({ channel, notice, lines }: Saying, signal: AbortSignal): Promise<void> {
    const command = notice ? 'NOTICE' : 'PRIVMSG';
    const commands = lines.map((line) => sayCommand(command, channel, line, this.wire.nick));
    // Never more lines than a burst are on their way, so that no server's queue of ours overflows.
    for (let next = 0; next < commands.length; next += this.limits.burst) {
      const refusal = await this.try(channel, commands.slice(next, next + this.limits.burst), signal);
      if (refusal === null) continue;
      this.forget(channel);
      throw refusal.problem;
    }
    const place = this.placeOf(channel);
    if (place !== undefined) this.remember(place);
  }

  /** Sends commands about a channel; returns the first thing that the server has against it. */
  private async try(channel: string, commands: readonly string[], signal: AbortSignal): Promise<Refusal | null> {
    let refusal: Refusal | null = null;
    const stop = this.wire.hear((message) => {
      const isChannel = (name: string) => this.wire.same(name, channel);
      const problem = refusalOf(message, isChannel, this.server.nickservPassword !== null);
      if (problem !== null) refusal ??= { code: message.command, problem };
    });
    try {
      for (const command of commands) await this.wire.send(command, signal);
      await this.wire.answered(signal);
      return refusal;
    } finally {
      stop();
    }
  }

  private keepTrack({ command, nick, params }: ServerMessage): void {
    const [channel = '', whom = ''] = params;
    if (command === 'KICK' && this.wire.same(whom, this.wire.nick)) this.forget(channel);
    if (!this.wire.same(nick, this.wire.nick)) return;
    if (command === 'JOIN') this.remember({ name: channel, key: this.key });
    if (command === 'PART') this.forget(channel);
  }

  private placeOf(channel: string): Place | undefined {
    return this.channels.find(({ name }) => this.wire.same(name, channel));
  }

  private remember(place: Place): void {
    this.forget(place.name);
    this.channels = [...this.channels, place];
  }

  private forget(channel: string): void {
    this.channels = this.channels.filter(({ name }) => !this.wire.same(name, channel));
  }
}

const TOO_MANY_CHANNELS = '405';

interface Refusal {
  readonly code: string;
  readonly problem: IrcProblem;
}

/** A channel, and the key that opened it for us. */
interface Place {
  readonly name: string;
  readonly key: string | null;
}
