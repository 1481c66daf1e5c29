import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerParent } from './child';

/** Receives webhooks at once and remembers by their ids how often each came. A process of its own, like a receiver. */

export interface Sunk {
  /** `webhook-id` without its prefix: the delivery's id. */
  readonly ids: Float64Array;
  /** How often each of them came. */
  readonly times: Uint16Array;
}

const times = new Map<number, number>();

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    const id = Number(String(request.headers['webhook-id']).replace('msg_', ''));
    times.set(id, (times.get(id) ?? 0) + 1);
    response.end('ok');
  });
});
server.keepAliveTimeout = 60_000;
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

answerParent({
  url: async () => {
    await listening;
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  },
  sunk: (): Sunk => ({ ids: Float64Array.from(times.keys()), times: Uint16Array.from(times.values()) }),
});
