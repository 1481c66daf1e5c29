import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Everything that came under one id. */
export interface Told {
  readonly deliveryId: number;
  readonly buildId: number;
  readonly state: string;
  /** When it came first, in ms since 1970. */
  readonly at: number;
  times: number;
  readonly bodies: Set<string>;
}

/** A webhook receiver that is there all the time, and remembers what it was told. */
export class Sink {
  readonly told = new Map<number, Told>();
  /** What it could not make sense of. */
  readonly strange: string[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Sink> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        sink.take(String(request.headers['webhook-id']), Buffer.concat(chunks).toString());
        response.end('ok');
      });
    });
    const sink = new Sink(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(id: string, body: string): void {
    const deliveryId = Number(/^msg_(\d+)$/.exec(id)?.[1]);
    const { id: buildId, state } = payloadOf(body);
    if (!Number.isInteger(deliveryId) || typeof buildId !== 'number' || typeof state !== 'string') {
      this.strange.push(`${id}: ${body.slice(0, 200)}`);
      return;
    }
    const told = this.told.get(deliveryId) ?? {
      deliveryId,
      buildId,
      state,
      at: Date.now(),
      times: 0,
      bodies: new Set(),
    };
    told.times += 1;
    told.bodies.add(body);
    this.told.set(deliveryId, told);
  }
}

function payloadOf(body: string): { readonly id?: unknown; readonly state?: unknown } {
  try {
    return JSON.parse(new URLSearchParams(body).get('payload') ?? '') as object;
  } catch {
    return {};
  }
}
