import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Everything that came under one id. */
export interface Told {
  readonly deliveryId: number;
  readonly buildId: number;
  readonly state: string;
  /** When it came, again and again, in ms since 1970. */
  readonly came: number[];
  /** How often it was answered that all is well. */
  taken: number;
  readonly bodies: Set<string>;
}

/** How often a moody receiver refuses a telling before it takes it: one of these, by the telling's id. */
const REFUSALS = [0, 1, 2, 0] as const;

/** A webhook receiver that remembers what it was told: one that is there all the time, or one that is moody. */
export class Sink {
  readonly told = new Map<number, Told>();
  /** What it could not make sense of. */
  readonly strange: string[] = [];

  private constructor(private readonly server: Server) {}

  /** @param moody refuses some tellings at first, as if it were down, always the same ones */
  static async start(moody = false): Promise<Sink> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const told = sink.take(String(request.headers['webhook-id']), Buffer.concat(chunks).toString());
        const refusals = moody && told ? (REFUSALS[told.deliveryId % REFUSALS.length] ?? 0) : 0;
        const refused = told !== null && told.came.length <= refusals;
        if (told && !refused) told.taken += 1;
        response.writeHead(refused ? 503 : 200).end();
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

  private take(id: string, body: string): Told | null {
    const deliveryId = Number(/^msg_(\d+)$/.exec(id)?.[1]);
    const { id: buildId, state } = payloadOf(body);
    if (!Number.isInteger(deliveryId) || typeof buildId !== 'number' || typeof state !== 'string') {
      this.strange.push(`${id}: ${body.slice(0, 200)}`);
      return null;
    }
    const told = this.told.get(deliveryId) ?? { deliveryId, buildId, state, came: [], taken: 0, bodies: new Set() };
    told.came.push(Date.now());
    told.bodies.add(body);
    this.told.set(deliveryId, told);
    return told;
  }
}

function payloadOf(body: string): { readonly id?: unknown; readonly state?: unknown } {
  try {
    return JSON.parse(new URLSearchParams(body).get('payload') ?? '') as object;
  } catch {
    return {};
  }
}
