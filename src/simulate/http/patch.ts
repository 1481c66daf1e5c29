import * as http from 'node:http';
import * as https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Line } from '../domain/script';

/** What became of a request: the answer, or whether Hub can have heard it all the same. */
export type Sent =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not_heard' };

export interface PatchRequest {
  readonly url: URL;
  readonly authorization: string;
  readonly body: string;
}

/** How the request fares on its way. */
export type Fate = Pick<Line, 'delayMs' | 'breaks'>;

const TIMEOUT_MS = 30_000;
/** Between the last byte of a request and the end of its connection, so that it is mostly heard. */
const UNTIL_BREAK_MS = 3;
const AGENTS = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

/** Sends a report once, as a worker does: whatever comes of it, it is not sent again. */
export async function patch({ url, authorization, body }: PatchRequest, fate: Fate): Promise<Sent> {
  const bytes = Buffer.from(body);
  const half = bytes.length >> 1;
  const secure = url.protocol === 'https:';
  const request = (secure ? https : http).request(url, {
    method: 'PATCH',
    agent: AGENTS[secure ? 'https:' : 'http:'],
    headers: { authorization, 'content-type': 'application/json', 'content-length': bytes.length },
    timeout: TIMEOUT_MS,
  });
  const answer = answerTo(request);
  request.on('timeout', () => request.destroy(new Error('no answer')));
  if (fate.breaks === 'half_way') {
    await written(request, bytes.subarray(0, half));
    request.destroy();
    await answer;
    return { kind: 'not_heard' };
  }
  if (fate.delayMs > 0) {
    await written(request, bytes.subarray(0, half));
    await delay(fate.delayMs);
    request.end(bytes.subarray(half));
  } else {
    request.end(bytes);
  }
  if (fate.breaks === 'before_answer') {
    await Promise.race([new Promise((resolve) => request.once('finish', resolve)), answer]);
    await delay(UNTIL_BREAK_MS);
    request.destroy();
    await answer;
    return { kind: 'unknown' };
  }
  const status = await answer;
  return status === null ? { kind: 'unknown' } : { kind: 'answered', status };
}

/** The status, or null when the connection ends without one. */
function answerTo(request: http.ClientRequest): Promise<number | null> {
  return new Promise((resolve) => {
    request.on('response', (response) => {
      // A worker does not read the body.
      response.resume();
      response.on('error', () => undefined);
      resolve(response.statusCode ?? null);
    });
    request.on('error', () => resolve(null));
    request.on('close', () => resolve(null));
  });
}

/** Until these bytes have left, or never will. */
function written(request: http.ClientRequest, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    request.once('close', resolve);
    request.write(bytes, () => resolve());
  });
}

/** Ends the connections that wait for further requests. */
export function closeConnections(): void {
  for (const agent of Object.values(AGENTS)) agent.destroy();
}
