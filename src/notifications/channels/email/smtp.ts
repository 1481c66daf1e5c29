import { createTransport, type SendMailOptions, type SMTPPoolOptions } from 'nodemailer';
import type { ChannelDeps, DeliveryOutcome } from '../../channel';
import { kept, outcomeOfFailure } from './outcome';
import type { EmailSettings } from './settings';

/** At once, to a server that many share. */
const CONNECTIONS = 5;
const MAILS_PER_CONNECTION = 100;
const CONNECT_MS = 10_000;
/** A server may think for long before it takes a mail, but not for longer than an attempt may take. */
const SILENCE_MS = 45_000;
const IDLE_MS = 30_000;

/** The mail server that the operator named. */
export interface SmtpServer {
  /** E.g. `smtp.example.org:587`. */
  readonly place: string;
  /** @param secrets removed from everything that is kept of the server's answers. */
  send(mail: SendMailOptions, signal: AbortSignal, secrets: readonly string[]): Promise<DeliveryOutcome>;
  /** Lets go of the connections; mails on their way are given up. */
  close(): void;
}

/** What is set of the mail server. */
export type SmtpSettings = Pick<EmailSettings, 'tls' | 'ca'> & { readonly url: string };

/** Talks to the mail server over connections that are kept for the next mails. Opens none before the first mail. */
export function smtpServer({ url, tls, ca }: SmtpSettings, sockets: ChannelDeps['sockets']): SmtpServer {
  const { protocol, hostname, port: ownPort, username, password } = new URL(url);
  const secure = protocol === 'smtps:';
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(ownPort) || (secure ? 465 : 587);
  const auth = { user: decoded(username), pass: decoded(password) };
  const encrypted = secure || tls === 'required';

  const options: SMTPPoolOptions & { readonly pool: true } = {
    pool: true,
    host,
    port,
    secure,
    requireTLS: encrypted,
    ignoreTLS: !encrypted,
    ...(ca !== null && { tls: { ca } }),
    ...(username !== '' && { auth }),
    maxConnections: CONNECTIONS,
    maxMessages: MAILS_PER_CONNECTION,
    // When to try again is decided elsewhere; but a connection that was idle may be gone without anybody's fault.
    maxRequeues: 1,
    idleTimeout: IDLE_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    getSocket: (_options, done) => {
      const signal = AbortSignal.timeout(CONNECT_MS);
      sockets.connect({ host, port, signal, trusted: true }).then(
        (connection) => done(null, { connection }),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  };
  const transport = createTransport(options);
  // Whoever sends is told as well.
  transport.on('error', () => undefined);
  const credentials = username === '' ? [] : secretsOf(auth);

  return {
    place: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    async send(mail, signal, secrets) {
      try {
        const { response } = await transport.sendMail({ ...mail, signal });
        return { kind: 'delivered', code: 250, response: kept(response, [...secrets, ...credentials]) };
      } catch (error) {
        return outcomeOfFailure(error, [...secrets, ...credentials]);
      }
    },
    close: () => transport.close({ force: true }),
  };
}

/** @throws when a per cent sign stands for itself; the message does not repeat what it stands in. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('SMTP_URL holds a % that is not followed by two digits: percent-encode user and password.');
  }
}

/** The password as it is and as it is sent (LOGIN, PLAIN): servers have been seen to repeat what they did not understand. */
function secretsOf({ user, pass }: { readonly user: string; readonly pass: string }): string[] {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return [pass, base64(pass), base64(`\0${user}\0${pass}`)].filter((text) => text !== '');
}
