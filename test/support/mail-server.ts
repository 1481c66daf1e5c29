import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { simpleParser, type ParsedMail } from 'mailparser';
import { sharedTestCertificate, type TestCertificate } from './certificates';
import { eventually } from './eventually';
import { freePort, serverUser } from './own-server';
import { HOW_TO_START, services } from './services';

const DOMAIN = 'mail.test';
const USER = `hub@${DOMAIN}`;
const PASSWORD = 'hunter2-smtp-password';

/** A mail that arrived. */
export interface ReceivedMail extends ParsedMail {
  /** The address it was delivered to. */
  readonly deliveredTo: string;
  /** As it lies in the mailbox. */
  readonly raw: string;
}

/**
 * A whole mail server (Chasquid) of one test's own. It asks for TLS and credentials, knows a few mailboxes of the domain
 * mail.test and refuses all others, and puts what it takes into files.
 */
export class MailServer {
  /** What it had to say. */
  output = '';
  private child: ChildProcess | null = null;

  private constructor(
    private readonly home: string,
    private readonly port: number,
    private readonly tlsPort: number,
    /** PEM of the authority that signed its certificate: for HUB_SMTP_CA. */
    readonly ca: string,
  ) {}

  /**
   * @param mailboxes names before the @ that mail is taken for
   * @throws Error that says what to do when there is no Chasquid here, or it does not start
   */
  static async start(mailboxes: readonly string[]): Promise<MailServer> {
    if (!existsSync(services.chasquid)) {
      const where = services.chasquid || 'it is neither installed nor can it be downloaded';
      throw new Error(`No mail server for tests (${where}). Install chasquid, or: ${HOW_TO_START}`);
    }
    const home = mkdtempSync(join(tmpdir(), 'hub-mail-'));
    const [port, tlsPort] = [await freePort(), await freePort()];
    const certificate = await sharedTestCertificate();
    furnish(home, port, tlsPort, certificate);
    writeFileSync(join(home, 'config/domains', DOMAIN, 'users'), ['hub', ...mailboxes].map(userEntry).join(''));
    giveAway(home);
    const server = new MailServer(home, port, tlsPort, certificate.authority);
    await server.up();
    return server;
  }

  /** @param way STARTTLS or TLS from the first byte */
  url(way: 'starttls' | 'tls' = 'starttls', password = PASSWORD): string {
    const [scheme, port] = way === 'tls' ? ['smtps', this.tlsPort] : ['smtp', this.port];
    return `${scheme}://${encodeURIComponent(USER)}:${encodeURIComponent(password)}@localhost:${port}`;
  }

  /** Everything that has arrived, as people would read it, oldest first. */
  async mails(): Promise<ReceivedMail[]> {
    const folder = join(this.home, 'mail');
    const files = readdirSync(folder)
      .filter((name) => name.endsWith('.eml'))
      .sort();
    return Promise.all(files.map((name) => readMail(join(folder, name))));
  }

  /** Waits for the next mails: as many as are asked for in all. */
  arrived(count: number): Promise<ReceivedMail[]> {
    return eventually(async () => {
      const mails = await this.mails();
      if (mails.length < count) throw new Error(`${mails.length} of ${count} mails have arrived.\n${this.output}`);
      return mails;
    });
  }

  async stop(): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
    rmSync(this.home, { recursive: true, force: true });
  }

  private async up(): Promise<void> {
    const child = spawn(services.chasquid, ['-config_dir', join(this.home, 'config'), '-alsologtostderr'], {
      cwd: this.home,
      ...serverUser(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => (this.output += data.toString()));
    this.child = child;
    await eventually(() => answers(this.port)).catch((error: unknown) => {
      child.kill('SIGKILL');
      throw new Error(`Chasquid does not start: ${this.output}`, { cause: error });
    });
  }
}

function furnish(home: string, port: number, tlsPort: number, { certificate, key }: TestCertificate): void {
  const certificates = join(home, 'config/certs', DOMAIN);
  for (const folder of [certificates, join(home, 'config/domains', DOMAIN), join(home, 'data'), join(home, 'mail')]) {
    mkdirSync(folder, { recursive: true });
  }
  writeFileSync(join(certificates, 'fullchain.pem'), certificate);
  writeFileSync(join(certificates, 'privkey.pem'), key);
  const settings = {
    hostname: DOMAIN,
    submission_address: `127.0.0.1:${port}`,
    submission_over_tls_address: `127.0.0.1:${tlsPort}`,
    data_dir: join(home, 'data'),
    mail_delivery_agent_bin: join(home, 'deliver'),
    mail_delivery_agent_args: '%to%',
    mail_log_path: '<stderr>',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: "${value}"\n`);
  writeFileSync(join(home, 'config/chasquid.conf'), lines.join(''));
  // A mail is there once its file has the name that is looked for.
  const script = `#!/bin/sh
file="${join(home, 'mail')}/$(date +%s%N)-$$"
{ echo "X-Delivered-To: $1"; cat; } > "$file.part" && mv "$file.part" "$file.eml"
`;
  writeFileSync(join(home, 'deliver'), script);
  chmodSync(join(home, 'deliver'), 0o755);
}

/** As chasquid-util would write it, but for the encryption. */
function userEntry(name: string): string {
  return `users: { key: "${name}" value: { plain: { password: "${PASSWORD}" } } }\n`;
}

function giveAway(home: string): void {
  const { uid, gid } = serverUser();
  if (uid === undefined) return;
  for (const name of ['.', ...readdirSync(home, { recursive: true, encoding: 'utf8' })])
    chownSync(join(home, name), uid, gid ?? uid);
}

async function readMail(file: string): Promise<ReceivedMail> {
  const raw = readFileSync(file, 'utf8');
  const mail = await simpleParser(raw);
  return { ...mail, raw, deliveredTo: mail.headers.get('x-delivered-to') as string };
}

async function answers(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}
