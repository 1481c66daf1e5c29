import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What the receiver answers; `never` keeps the caller waiting, `cut` breaks the connection. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'never'
  | 'cut';

/** A real HTTP server that keeps what it gets and answers as it is told. */
export class Receiver {
  readonly received: Received[] = [];
  /** Asked for every request. */
  answer: (request: Received) => Answer = () => ({ status: 200 });
  private waiting: (() => void)[] = [];

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const receiver = new Receiver(server, (server.address() as AddressInfo).port);
    receiver.listen();
    return receiver;
  }

  /** @param userinfo such as `user:password@` */
  url(path = '/hook', userinfo = ''): string {
    return `http://${userinfo}127.0.0.1:${this.port}${path}`;
  }

  /** Resolves when the next request has arrived in full. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private listen(): void {
    this.server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const one = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
        this.received.push(one);
        const answer = this.answer(one);
        if (answer === 'cut') response.destroy();
        else if (answer !== 'never') response.writeHead(answer.status, answer.headers).end(answer.body);
        for (const resolve of this.waiting.splice(0)) resolve();
      });
    });
  }
}
