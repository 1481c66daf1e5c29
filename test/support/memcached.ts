import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from './eventually';
import { freePort, serverUser } from './own-server';
import { HOW_TO_START, services } from './services';

/** A memcached of one test's own, asked by the test without any client of ours. */
export class TestMemcached {
  private child: ChildProcess | null = null;

  private constructor(private readonly port: number) {}

  /** @throws Error that says what to do when there is no memcached here, or it does not start */
  static async start(): Promise<TestMemcached> {
    if (!existsSync(services.memcached)) {
      const where = services.memcached || 'it is neither installed nor can it be downloaded';
      throw new Error(`No memcached for tests (${where}). Install memcached, or: ${HOW_TO_START}`);
    }
    const memcached = new TestMemcached(await freePort());
    await memcached.up();
    return memcached;
  }

  /** `127.0.0.1:port`. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it again, empty, in the same place. */
  async up(): Promise<void> {
    const args = ['-l', '127.0.0.1', '-p', String(this.port), '-U', '0', '-m', '16'];
    this.child = spawn(services.memcached, args, { ...serverUser(), stdio: 'ignore' });
    await eventually(() => this.ask('version'));
  }

  /** Kills it; what it held is gone. */
  async down(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** The text under a key; null when there is none. */
  async get(key: string): Promise<string | null> {
    const answer = await this.ask(`get ${key}`);
    if (answer === '') return null;
    const [, flags, value] = /^VALUE \S+ (\d+) \d+\r\n(.*)\r\n$/s.exec(answer) ?? [];
    if (flags !== '0') throw new Error(`Dalli would take the value of ${key} for something else: ${answer}`);
    return value ?? null;
  }

  /** Puts bytes under a key as another program would. @param flags what that program notes beside it */
  async set(key: string, value: Buffer, flags = 0): Promise<void> {
    const answer = await this.ask(`set ${key} ${flags} 0 ${value.length}\r\n`, value);
    if (answer !== 'STORED\r\n') throw new Error(answer);
  }

  async flush(): Promise<void> {
    await this.ask('flush_all');
  }

  /** What it says to one command, without the final END. */
  private async ask(command: string, value?: Buffer): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    socket
      .setEncoding('utf8')
      .write(Buffer.concat([Buffer.from(command), value ?? Buffer.alloc(0), Buffer.from('\r\nquit\r\n')]));
    const answer = await text(socket);
    if (answer === '') throw new Error('memcached closed the connection');
    return answer.replace(/END\r\n$/, '');
  }
}
