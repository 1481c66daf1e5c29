import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { sharedTestCertificate } from './certificates';

/** A reply of a mail server, such as `450 4.2.0 try later`; `never` keeps the caller waiting. */
export type Reply = `${number} ${string}` | 'never' | undefined;
type Step = 'auth' | 'from' | 'to' | 'data';

/** A mail server whose replies a test chooses, to see what becomes of mails when it is not as it should be. */
export class SmtpStub {
  /** What came whole, in order; also what it refused, and what its sender did not wait for. */
  readonly received: ParsedMail[] = [];
  /** What it took, in order. */
  readonly mails: ParsedMail[] = [];
  /** Addresses that were named as recipients, taken or not. */
  readonly recipients: string[] = [];
  connections = 0;
  /** How long it thinks before it answers a mail that came whole. */
  thinksMs = 0;
  /** Asked at each step; all is well unless something is said. */
  reply: Partial<Record<Step, Reply>> = {};
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly server: SMTPServer,
    /** PEM of the authority that signed its certificate: for HUB_SMTP_CA. */
    readonly ca: string,
  ) {}

  /** @param options for smtp-server, e.g. commands to leave out */
  static async start(options: SMTPServerOptions = {}): Promise<SmtpStub> {
    const { key, certificate: cert, authority } = await sharedTestCertificate();
    const stub: SmtpStub = new SmtpStub(
      new SMTPServer({
        key,
        cert,
        authOptional: true,
        closeTimeout: 100,
        onConnect: (_session, done) => {
          stub.connections++;
          done();
        },
        onAuth: ({ username }, _session, done) => stub.answer('auth', (error) => done(error, { user: username })),
        onMailFrom: (_address, _session, done) => stub.answer('from', done),
        onRcptTo: ({ address }, _session, done) => {
          stub.recipients.push(address);
          stub.answer('to', done);
        },
        onData: (stream, _session, done) => {
          const whole = simpleParser(stream).then(async (mail) => {
            stub.received.push(mail);
            if (stub.thinksMs > 0) await delay(stub.thinksMs);
            stub.answer('data', (error) => {
              if (!error) stub.mails.push(mail);
              done(error);
            });
          });
          // Whoever breaks off in the middle of a mail is no news either.
          whole.catch(() => undefined);
        },
        ...options,
      }),
      authority,
    );
    // Clients that give up are no news.
    stub.server.on('error', () => undefined);
    await new Promise<void>((resolve) => stub.server.listen(0, '127.0.0.1', resolve));
    return stub;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  url(credentials = ''): string {
    return `smtp://${credentials}localhost:${this.port}`;
  }

  /** Resolves when it is waited for a reply that never comes. */
  keptWaiting(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private answer(step: Step, done: (error?: Error | null) => void): void {
    const reply = this.reply[step];
    if (reply === 'never') for (const resolve of this.waiting.splice(0)) resolve();
    else if (reply === undefined) done();
    else done(Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) }));
  }
}

/** Something that takes connections and speaks no SMTP. */
export async function listen(onConnection: (socket: Socket) => void): Promise<{ url: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `smtp://localhost:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
