import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire. */
export interface ServiceCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** All but what every HTTP client sends (`host`, `connection`); names in lower case, repeated ones joined. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a service makes of a request that it understands: what it does, and how it answers then. */
export type Understood = () => Failure;

/** An answer; as {@link StrictService.failWith} it is given instead of carrying a request out. */
export interface Failure {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Thrown by a service that does not understand a request. */
export class Misunderstanding extends Error {
  constructor(
    readonly status: number,
    problem: string,
  ) {
    super(problem);
  }
}

/**
 * A service that Hub calls, played over real HTTP: takes exactly what the real one is sent, and keeps a list of
 * everything else: a test ends with {@link expectNoMistakes}.
 *
 * Like real ones it carries out what it has received, whether or not the caller still waits for the answer.
 */
export abstract class StrictService {
  /** What was received and understood, in the order of arrival; also what is held or answered with a failure. */
  readonly calls: ServiceCall[] = [];
  /** What was wrong with the other requests. */
  private readonly mistakes: string[] = [];
  /** Answers everything with this instead of carrying it out. */
  failWith: Failure | null = null;
  protected server: Server | null = null;
  private isDown = false;
  private held: (() => void)[] | null = null;

  /** @throws Misunderstanding when the real service would not take the request, or would never be sent it */
  protected abstract understand(call: ServiceCall): Understood;

  /** Its origin, once it was started. */
  get origin(): string {
    const address = this.server?.address() as AddressInfo;
    return `http://127.0.0.1:${address.port}`;
  }

  /** Starts it, or ends {@link down}. */
  async up(): Promise<void> {
    this.isDown = false;
    if (this.server) return;
    const server = createServer((request, response) => void this.take(request, response));
    server.on('connection', (socket) => {
      if (this.isDown) socket.resetAndDestroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.server = server;
  }

  /** Breaks all connections and resets new ones. Its port stays taken, or another test's server might get it. */
  down(): void {
    this.isDown = true;
    this.server?.closeAllConnections();
  }

  async close(): Promise<void> {
    const { server } = this;
    server?.closeAllConnections();
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  }

  /** Takes requests from now on, but carries none out and answers none until {@link release}. */
  hold(): void {
    this.held ??= [];
  }

  /** Carries out and answers what was held, in the order of arrival. */
  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const go of held) go();
  }

  /** @throws Error when anything came that the service does not understand */
  expectNoMistakes(): void {
    if (this.mistakes.length > 0) throw new Error(`requests that were wrong:\n${this.mistakes.join('\n')}`);
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: target = '' } = request;
    const call: ServiceCall = { method, target, headers: headersOf(request), body: Buffer.concat(chunks) };
    try {
      const carryOut = this.understand(call);
      this.calls.push(call);
      const go = () => this.answer(response, carryOut);
      if (this.held) this.held.push(go);
      else go();
    } catch (error) {
      const { message } = error as Error;
      this.mistakes.push(`${method} ${target}: ${message}`);
      response.writeHead(error instanceof Misunderstanding ? error.status : 500).end(message);
    }
  }

  private answer(response: ServerResponse, carryOut: Understood): void {
    const { status, headers, body }: Failure = this.failWith ?? carryOut();
    response.writeHead(status, headers).end(body);
  }
}

/** @throws Misunderstanding when the headers are not exactly these */
export function expectHeaders({ headers }: ServiceCall, expected: Readonly<Record<string, string>>): void {
  const text = (all: Readonly<Record<string, string>>) =>
    Object.entries(all)
      .map(([name, value]) => `${name}: ${value}`)
      .sort()
      .join(' | ');
  if (text(headers) !== text(expected)) {
    throw new Misunderstanding(400, `the headers are ${text(headers)} instead of ${text(expected)}`);
  }
}

function headersOf({ rawHeaders }: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const value = rawHeaders[i + 1]!;
    if (name === 'host' || name === 'connection') continue;
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}
