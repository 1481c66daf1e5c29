import { Client } from 'irc-framework';
import { RequestRefused, type ChannelDeps } from '../../channel';
import { plainValue } from './lines';
import { Pace } from './pace';
import { passing, lasting, type IrcProblem } from './problem';
import type { ServerMessage } from './replies';
import type { IrcServer, Limits } from './server';
import { Transport } from './transport';
import { pause, untilAborted, within } from './waiting';

const NO_ANSWER = 'the server does not answer';

type Hearer = (message: ServerMessage) => void;

/** One connection to a server: paced lines out, messages in, and whether the server has dealt with what it was told. */
export class Wire {
  /** Resolves when the connection is over, with the reason. */
  readonly ended: Promise<IrcProblem>;
  private readonly client = new Client();
  private readonly hearers = new Set<Hearer>();
  private readonly pace: Pace;
  private readonly dialling = new AbortController();
  private transport: Transport | null = null;
  private over: IrcProblem | null = null;
  /** What the server says last before it ends a connection. */
  private farewell = '';
  private end: (problem: IrcProblem) => void = () => undefined;
  private pings = 0;

  /** Connects and introduces itself; {@link hear} what comes of it. */
  constructor(
    server: IrcServer,
    sockets: ChannelDeps['sockets'],
    private readonly limits: Limits,
  ) {
    this.pace = new Pace(limits.burst, limits.lineMs);
    this.ended = new Promise((resolve) => (this.end = resolve));
    const { host, port, tls, verify, nick, password } = server;
    const dial = () =>
      sockets.connect({ host, port, signal: this.dialling.signal, tls: tls && { rejectUnauthorized: verify } });
    this.client.connection.on('message', (message) => this.pass(message));
    this.client.connection.on('socket close', (error) => this.finish(whyClosed(error, this.farewell)));
    this.client.connect({
      host,
      port,
      nick,
      username: nick.replace(/[^a-z0-9-]/gi, '').slice(0, 10) || 'hub',
      gecos: nick,
      ...(password !== null && { password }),
      account: {},
      auto_reconnect: false,
      version: null,
      transport: Transport.through(dial, (transport) => (this.transport = transport)),
    });
  }

  /** The nick that the server knows us by. */
  get nick(): string {
    return this.client.user.nick;
  }

  /** Whether two names of nicks or channels are one to the server. */
  same(one: string, other: string): boolean {
    return this.client.caseCompare(one, other);
  }

  /** Tells of everything that the server says from now on, until the returned function is called. */
  hear(hearer: Hearer): () => void {
    this.hearers.add(hearer);
    return () => this.hearers.delete(hearer);
  }

  /** Asks for another nick, before the server has let us in. */
  changeNick(nick: string): void {
    this.client.changeNick(nick);
  }

  /**
   * Says one line when its turn has come.
   *
   * @throws IrcProblem also for a line that would end early: what follows would be a command of somebody else's choice.
   */
  async send(line: string, signal: AbortSignal): Promise<void> {
    if (/[\r\n\0]/.test(line)) throw lasting('a line would hold a line break');
    await pause(this.pace.take(performance.now()), signal);
    if (this.over !== null) throw this.over;
    this.client.raw(line);
  }

  /**
   * Resolves when the server has dealt with every line so far: it answers a PING only after them.
   *
   * @throws IrcProblem when it does not; then the connection is given up.
   */
  async answered(signal: AbortSignal): Promise<void> {
    if (this.over !== null) throw this.over;
    const token = `hub-${++this.pings}`;
    let forget = (): void => undefined;
    const pong = new Promise<void>((resolve) => {
      forget = this.hear(({ command, params }) => {
        if (command === 'PONG' && params.includes(token)) resolve();
      });
    });
    this.transport?.expectAnswer();
    this.client.raw(`PING ${token}`);
    const answer = within(this.limits.answerMs, this.orEnd(pong), NO_ANSWER);
    void answer.catch(() => this.drop(passing(NO_ANSWER))).finally(forget);
    await untilAborted(answer, signal);
  }

  /** What the promise brings, or the reason why the connection is over. */
  async orEnd<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([
      promise,
      this.ended.then((problem): never => {
        throw problem;
      }),
    ]);
  }

  /** Takes leave, and waits a moment for the server to close. */
  async quit(): Promise<void> {
    if (this.over !== null) return;
    this.client.connection.end('QUIT :until the next build');
    await within(this.limits.goodbyeMs, this.ended, NO_ANSWER).catch(() => this.drop(passing(NO_ANSWER)));
  }

  /** Ends the connection at once, if it has not ended by itself. */
  drop(problem: IrcProblem): void {
    this.finish(problem);
    this.dialling.abort();
    this.transport?.disposeSocket();
  }

  private pass(message: ServerMessage): void {
    if (message.command === 'ERROR') this.farewell = message.params.at(-1) ?? '';
    for (const hearer of [...this.hearers]) hearer(message);
  }

  private finish(problem: IrcProblem): void {
    this.over ??= problem;
    this.end(this.over);
  }
}

function whyClosed(error: Error | false, farewell: string): IrcProblem {
  if (error !== false) return error instanceof RequestRefused ? lasting(error.message) : passing(error.message);
  const words = plainValue(farewell);
  // Not all servers have a number for it.
  if (/password/i.test(words)) return lasting(`the server takes no password, or another one: ${words}`);
  return passing(words === '' ? 'the server ended the connection' : `the server ended the connection: ${words}`);
}
