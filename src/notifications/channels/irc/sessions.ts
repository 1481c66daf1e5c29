import type { ChannelDeps } from '../../channel';
import { passing } from './problem';
import type { IrcServer, Limits } from './server';
import { Session, type Saying } from './session';
import { untilAborted } from './waiting';

interface Entry {
  readonly session: Promise<Session>;
  users: number;
  idle?: NodeJS.Timeout;
}

/** One connection for each server and nick, made when it is needed, shared by everybody and left a while later. */
export class Sessions {
  private readonly entries = new Map<string, Entry>();
  private readonly closing = new AbortController();

  constructor(
    private readonly sockets: ChannelDeps['sockets'],
    private readonly limits: Limits,
  ) {}

  /**
   * Says something on a server.
   *
   * @throws IrcProblem when the server has not taken all of it.
   */
  async tell(server: IrcServer, saying: Saying, signal: AbortSignal): Promise<void> {
    if (this.closing.signal.aborted) throw passing('Hub stops');
    const key = JSON.stringify(server);
    const entry = this.entries.get(key) ?? this.open(key, server);
    entry.users++;
    clearTimeout(entry.idle);
    try {
      const session = await untilAborted(entry.session, signal);
      await session.tell(saying, signal);
    } finally {
      if (--entry.users === 0) this.leaveLater(key, entry);
    }
  }

  /** Takes leave of all servers. */
  async close(): Promise<void> {
    this.closing.abort();
    const all = [...this.entries.keys()];
    await Promise.all(all.map((key) => this.leave(key)));
  }

  private open(key: string, server: IrcServer): Entry {
    const entry: Entry = { session: Session.open(server, this.sockets, this.limits, this.closing.signal), users: 0 };
    this.entries.set(key, entry);
    entry.session.then(
      (session) => void session.ended.then(() => this.forget(key, entry)),
      () => this.forget(key, entry),
    );
    return entry;
  }

  private leaveLater(key: string, entry: Entry): void {
    if (this.entries.get(key) !== entry) return;
    entry.idle = setTimeout(() => void this.leave(key), this.limits.idleMs).unref();
  }

  private async leave(key: string): Promise<void> {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.forget(key, entry);
    await entry.session.then(
      (session) => session.quit(),
      () => undefined,
    );
  }

  private forget(key: string, entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}
