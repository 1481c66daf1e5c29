import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

type Mode = 'pass' | 'cut' | 'hang';

/**
 * Stands between Hub and a server, so that a test can cut the line of one Hub and leave a shared server alone.
 *
 * - `cut`: open connections break, new ones are reset, as when the server is down.
 * - `hang`: nothing moves and nothing breaks, as when the server is stopped or packets are dropped.
 * - `loseAnswerTo`: one transaction is carried out, and its connection breaks before anybody hears of it.
 * - `muteAfter`: something is heard by the target, and nothing of its answer comes back.
 * - `slow`: whatever passes takes longer.
 * - `restore`: new connections pass again; what hung moves on.
 */
export class TcpProxy {
  private mode: Mode = 'pass';
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly waiting = new Set<Socket>();
  /** What is under way to a socket on a slow line. */
  private readonly late = new Map<Socket, Promise<void>>();
  private delayMs = 0;
  private listener: ((data: Buffer, connection: Socket) => void) | null = null;
  private unanswered: { readonly marker: string; readonly lost: () => void } | null = null;
  private muted: { readonly marker: string; readonly passed: () => void } | null = null;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** @param url of the server behind; its path, user and password are kept in {@link url}. */
  static async start(url: string): Promise<TcpProxy> {
    // Paused from the start, or bytes that come before the target answers would be lost.
    const server = createServer({ pauseOnConnect: true });
    const proxy = new TcpProxy(server, new URL(url));
    server.on('connection', (socket) => proxy.accept(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** Shows everything that the target says from now on, connection by connection. */
  overhear(listener: (data: Buffer, connection: Socket) => void): void {
    this.listener = listener;
  }

  /** The target's url with the proxy's address in it. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** The ports by which the target knows our connections. */
  get portsAtTarget(): number[] {
    return [...this.pairs].flatMap(([, far]) => far.localPort ?? []);
  }

  /** Connections that are open through the proxy. */
  get connections(): number {
    return this.pairs.size;
  }

  cut(): void {
    this.mode = 'cut';
    this.breakAll();
  }

  hang(): void {
    this.mode = 'hang';
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** @param delayMs how much longer what comes from either side takes from now on, in milliseconds */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /**
   * Breaks the next PostgreSQL connection over which `marker` is sent, once its COMMIT was made and before that is told.
   * Resolves when it is broken.
   */
  loseAnswerTo(marker: string): Promise<void> {
    return new Promise((lost) => (this.unanswered = { marker, lost }));
  }

  /**
   * Lets the next data with `marker` in it through to the target, and nothing more of that connection back. Resolves when
   * it passed.
   */
  muteAfter(marker: string): Promise<void> {
    return new Promise((passed) => (this.muted = { marker, passed }));
  }

  restore(): void {
    this.mode = 'pass';
    this.delayMs = 0;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
    for (const socket of this.waiting) this.join(socket);
    this.waiting.clear();
  }

  async close(): Promise<void> {
    this.breakAll();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private accept(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.mode === 'cut') socket.resetAndDestroy();
    else if (this.mode === 'hang') this.waiting.add(socket);
    else this.join(socket);
  }

  private join(near: Socket): void {
    const far = connect({ host: this.target.hostname, port: Number(this.target.port) });
    const pair = [near, far] as const;
    this.pairs.add(pair);
    const end = () => {
      this.pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
    let lost: (() => void) | null = null;
    near.on('data', (data) => {
      if (this.unanswered && data.includes(this.unanswered.marker)) {
        lost = this.unanswered.lost;
        this.unanswered = null;
      }
      if (this.muted && data.includes(this.muted.marker)) {
        far.pause();
        this.muted.passed();
        this.muted = null;
      }
      this.pass(data, far);
    });
    far.on('data', (data) => {
      this.listener?.(data, far);
      // How PostgreSQL says that a COMMIT was made.
      if (lost && data.includes('COMMIT\0')) {
        end();
        lost();
      } else this.pass(data, near);
    });
    if (this.mode !== 'hang') near.resume();
  }

  private pass(data: Buffer, to: Socket): void {
    const before = this.late.get(to);
    if (this.delayMs === 0 && !before) {
      to.write(data);
      return;
    }
    // What is still under way when the line is quick again must not be overtaken.
    const passed = Promise.all([before, delay(this.delayMs)]).then(() => {
      if (!to.destroyed) to.write(data);
      if (this.late.get(to) === passed) this.late.delete(to);
    });
    this.late.set(to, passed);
  }

  private breakAll(): void {
    for (const [near, far] of this.pairs) {
      // A socket that is being closed cannot be reset as well: Node would spin when the process exits.
      if (near.readableEnded || near.writableEnded) near.destroy();
      else near.resetAndDestroy();
      far.destroy();
    }
    for (const socket of this.waiting) socket.resetAndDestroy();
    this.pairs.clear();
    this.waiting.clear();
  }
}
