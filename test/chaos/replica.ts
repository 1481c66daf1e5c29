import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../support/tcp-proxy';

/** What starts programs that must not outlive the run (scripts/lib/guardian.mjs). */
export interface Guardian {
  readonly directory: string;
  spawn(spec: object): Promise<{ readonly pid: number; readonly exited: Promise<string> }>;
}

export interface ReplicaParts {
  readonly guardian: Guardian;
  readonly database: TcpProxy;
  readonly broker: TcpProxy;
  readonly port: number;
}

const MAIN = join(__dirname, '../../src/main.js');
const READY_LIMIT_MS = 60_000;

/** One Hub, as a process that can be killed, stopped and started again, on lines of its own to both servers. */
export class Replica {
  private process: { readonly pid: number; readonly exited: Promise<string> } | null = null;

  constructor(
    readonly name: string,
    private readonly parts: ReplicaParts,
  ) {}

  get database(): TcpProxy {
    return this.parts.database;
  }

  get broker(): TcpProxy {
    return this.parts.broker;
  }

  get running(): boolean {
    return this.process !== null;
  }

  /** The file that its log is written to. */
  get log(): string {
    return join(this.parts.guardian.directory, `${this.name}.log`);
  }

  /** @param fault a point at which it is to kill itself, such as `after-commit:3` */
  async start(fault?: string): Promise<void> {
    // A later fault may have started it before its time to come back.
    if (this.process !== null) return;
    const { guardian, database, broker, port } = this.parts;
    const started = await guardian.spawn({
      command: process.execPath,
      args: ['--enable-source-maps', MAIN],
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: database.url,
        RABBITMQ_URL: broker.url,
        HTTP_BASIC_AUTH: 'chaos:a-long-test-password',
        PORT: String(port),
        LOG_LEVEL: 'warn',
        HUB_PREFETCH: '100',
        // Like everything else the same for all replicas, or links would differ between them.
        HUB_WEB_URL: 'http://ci.example.org',
        HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
        ...(fault !== undefined && { HUB_TEST_FAULT: fault }),
      },
      cwd: guardian.directory,
      log: this.log,
      marker: MAIN,
      stopSignals: [],
    });
    this.process = started;
    void started.exited.then(() => {
      if (this.process === started) this.process = null;
    });
  }

  /** Resolves when it answers that it is ready. @throws when it does not within a minute */
  async ready(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT_MS;
    for (;;) {
      try {
        const signal = AbortSignal.timeout(2_000);
        const { status } = await fetch(`http://127.0.0.1:${this.parts.port}/health/ready`, { signal });
        if (status === 200) return;
      } catch {
        // Not up yet.
      }
      if (performance.now() > deadline) throw new Error(`${this.name} is not ready within a minute: see ${this.log}`);
      await delay(100);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.process) process.kill(this.process.pid, signal);
  }

  /** Resolves when it has ended. */
  async ended(): Promise<void> {
    await this.process?.exited;
  }

  async kill(): Promise<void> {
    const ended = this.ended();
    this.signal('SIGKILL');
    await ended;
  }
}
