import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { eventually } from './eventually';
import { freePort, serverUser } from './own-server';
import { HOW_TO_START, services } from './services';

/** A PgBouncer of one test's own, in transaction mode and otherwise as it comes. */
export class Pgbouncer {
  /** What it had to say, since its first start. */
  output = '';
  private child: ChildProcess | null = null;

  private constructor(
    private readonly home: string,
    /** The database that was named, through it. */
    readonly url: string,
  ) {}

  /**
   * @param databaseUrl of the database behind it; its user may ask for {@link show}
   * @param options.serverConnections how many connections to the server all its clients share
   * @throws Error that says what to do when there is no PgBouncer here, or it does not start
   */
  static async start(databaseUrl: string, options: { serverConnections: number }): Promise<Pgbouncer> {
    if (!existsSync(services.pgbouncer)) {
      const where = services.pgbouncer || 'it is neither installed nor can it be downloaded';
      throw new Error(`No PgBouncer for tests (${where}). Install pgbouncer, or: ${HOW_TO_START}`);
    }
    const url = new URL(databaseUrl);
    const home = mkdtempSync(join(tmpdir(), 'hub-pgbouncer-'));
    const listenPort = await freePort();
    writeFileSync(join(home, 'users'), `"${user(url)}" "${decodeURIComponent(url.password)}"\n`);
    writeFileSync(join(home, 'pgbouncer.ini'), settings(url, home, listenPort, options.serverConnections));
    const { uid, gid } = serverUser();
    if (uid !== undefined)
      for (const path of ['', 'users', 'pgbouncer.ini']) chownSync(join(home, path), uid, gid ?? uid);
    url.host = `127.0.0.1:${listenPort}`;
    const pgbouncer = new Pgbouncer(home, url.href);
    await pgbouncer.up();
    return pgbouncer;
  }

  /** Kills it, which breaks every connection through it, and starts it again in the same place. */
  async restart(): Promise<void> {
    await this.down('SIGKILL');
    await this.up();
  }

  /** Kills it until {@link resume}: there is nobody at its address. */
  pause(): Promise<void> {
    return this.down('SIGKILL');
  }

  resume(): Promise<void> {
    return this.up();
  }

  /** What its console shows, e.g. `SERVERS`. */
  async show(what: string): Promise<Record<string, unknown>[]> {
    const url = new URL(this.url);
    url.pathname = '/pgbouncer';
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(`SHOW ${what}`)).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.down('SIGTERM');
    rmSync(this.home, { recursive: true, force: true });
  }

  private async up(): Promise<void> {
    const child = spawn(services.pgbouncer, ['pgbouncer.ini'], {
      cwd: this.home,
      ...serverUser(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child = child;
    await eventually(() => this.show('VERSION')).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`PgBouncer does not start: ${this.output}`, { cause: error });
    });
  }

  private async down(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    // SIGINT would wait for its clients to leave.
    child.kill(signal);
    await exit;
  }
}

const user = (url: URL) => decodeURIComponent(url.username);

/** No `ignore_startup_parameters`: what Hub says when it connects is to be accepted as it is. */
function settings(server: URL, home: string, listenPort: number, connections: number): string {
  return `[databases]
* = host=${server.hostname} port=${server.port || 5432}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listenPort}
unix_socket_dir =
auth_type = trust
auth_file = ${join(home, 'users')}
admin_users = ${user(server)}
pool_mode = transaction
default_pool_size = ${connections}
server_login_retry = 1
`;
}
