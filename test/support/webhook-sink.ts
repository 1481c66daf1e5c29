import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that the sink took. */
export interface SunkWebhook {
  readonly id: string;
  readonly body: string;
}

/** Takes webhooks and remembers them; answers 200 to everything. */
export class WebhookSink {
  readonly received: SunkWebhook[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<WebhookSink> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        sink.received.push({ id: String(request.headers['webhook-id']), body: Buffer.concat(chunks).toString() });
        response.end('ok');
      });
    });
    const sink = new WebhookSink(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
