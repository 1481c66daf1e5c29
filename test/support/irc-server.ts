import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './certificates';
import { eventually } from './eventually';
import { freePort, serverUser } from './own-server';
import { HOW_TO_START, services } from './services';

export interface IrcServerOptions {
  /** What everybody has to say to be let in. */
  readonly password?: string;
  /** Channels that are there from the start, with their modes, e.g. `{ '#keyed': '+k sesame' }`. */
  readonly channels?: Readonly<Record<string, string>>;
  /** Makes it take TLS connections too. */
  readonly certificate?: TestCertificate;
  /** True when it takes its time with clients that say much, as it does unless told. */
  readonly penalties?: boolean;
}

/** An ngIRCd of one test's own. */
export class IrcServer {
  /** What it had to say, since its first start. */
  output = '';
  private child: ChildProcess | null = null;

  private constructor(
    private readonly home: string,
    readonly port: number,
    readonly tlsPort: number,
  ) {}

  /** @throws Error that says what to do when there is no ngIRCd here, or it does not start */
  static async start(options: IrcServerOptions = {}): Promise<IrcServer> {
    if (!existsSync(services.ngircd)) {
      const where = services.ngircd || 'it is neither installed nor can it be downloaded';
      throw new Error(`No ngIRCd for tests (${where}). Install ngircd, or: ${HOW_TO_START}`);
    }
    const home = mkdtempSync(join(tmpdir(), 'hub-ngircd-'));
    const server = new IrcServer(home, await freePort(), await freePort());
    chmodSync(home, 0o755);
    mkdirSync(join(home, 'include'));
    writeFileSync(join(home, 'certificate.pem'), options.certificate?.certificate ?? '');
    writeFileSync(join(home, 'key.pem'), options.certificate?.key ?? '');
    writeFileSync(join(home, 'ngircd.conf'), settings(home, server, options));
    await server.up();
    return server;
  }

  /** Ends every connection without a word, as when its machine dies. */
  async down(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  /** Keeps all connections, but hears and answers nothing until {@link resume}. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Starts it again in the same place. */
  async up(): Promise<void> {
    const child = spawn(services.ngircd, ['-n', '-f', join(this.home, 'ngircd.conf')], {
      cwd: this.home,
      ...serverUser(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child = child;
    await eventually(() => this.accepts()).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`ngIRCd does not start: ${this.output}`, { cause: error });
    });
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.home, { recursive: true, force: true });
  }

  private async accepts(): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
  }
}

function settings(home: string, { port, tlsPort }: IrcServer, options: IrcServerOptions): string {
  const { password, channels = {}, certificate, penalties = false } = options;
  const tls = `[SSL]
CertFile = ${join(home, 'certificate.pem')}
KeyFile = ${join(home, 'key.pem')}
Ports = ${tlsPort}
`;
  return `[Global]
Name = irc.example.org
Info = A server for tests
AdminInfo1 = nobody
AdminEMail = nobody@example.org
Listen = 127.0.0.1
Ports = ${port}
MotdPhrase = Welcome
${password === undefined ? '' : `Password = ${password}`}
[Limits]
MaxConnectionsIP = 0
MaxPenaltyTime = ${penalties ? -1 : 0}
[Options]
DNS = no
Ident = no
PAM = no
IncludeDir = ${join(home, 'include')}
${certificate === undefined ? '' : tls}
${Object.entries(channels)
  .map(([name, modes]) => `[Channel]\nName = ${name}\nModes = ${modes}\n`)
  .join('')}`;
}
