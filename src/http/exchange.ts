import type { Dispatcher } from 'undici';
import type { Deadline } from './deadline';
import { RequestFailed } from './errors';
import { explainFailure } from './explain-failure';
import type { Method } from './hop';

/** What is put on the wire: no user name, password or fragment in the url. */
export interface Exchange {
  readonly method: Method;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Names in lower case, repeated headers as one. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as text, cut at the limit and trimmed. */
  readonly text: string;
}

/**
 * Sends one request and collects its answer.
 *
 * As soon as its status was received nothing can fail any more: of a body that breaks off, never ends or is too long,
 * what came is kept. Failing would repeat a notice that the receiver has accepted.
 *
 * @param timeoutMs what the deadline was set to, for the message
 * @param limit bytes of the body that are read at most
 * @throws RequestRefused when it can never work
 * @throws RequestFailed when it may work later; its code is `timeout` when nothing came in time, `interrupted` when the
 *   caller broke it off
 */
export function exchange(
  dispatcher: Dispatcher,
  { method, url, headers, body }: Exchange,
  deadline: Deadline,
  { timeoutMs, limit }: { readonly timeoutMs: number; readonly limit: number },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(limit, resolve, (error) => reject(explainFailure(error, url.origin)));
    deadline.onReached(() => {
      collector.end(
        deadline.expired
          ? new RequestFailed(`${url.origin} did not answer within ${timeoutMs} ms.`, 'timeout')
          : new RequestFailed(`The request to ${url.origin} was interrupted.`, 'interrupted'),
      );
    });
    const path = url.pathname + url.search;
    dispatcher.dispatch({ origin: url.origin, path, method, headers: { ...headers }, body }, collector);
  });
}

/** undici's own `request` makes a stream of every answer, which costs as much as the rest of a small request. */
class Collector implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | null = null;
  private status = 0;
  private headers: Record<string, string> = {};
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private ended: Error | null = null;

  constructor(
    private readonly limit: number,
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited for a connection while its time ran out.
    if (this.ended) controller.abort(this.ended);
  }

  onResponseStart(
    _controller: unknown,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 100 to 199 only announce the answer.
    if (statusCode < 200) return;
    this.status = statusCode;
    this.headers = flatten(headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size >= this.limit) this.end(new Error('enough was read'));
  }

  onResponseEnd(): void {
    this.settle(null);
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.settle(error);
  }

  /** Reads no further. */
  end(why: Error): void {
    this.ended = why;
    this.settle(why);
    this.controller?.abort(why);
  }

  /** Later calls change nothing: a promise is settled once. */
  private settle(error: Error | null): void {
    if (this.status === 0) {
      this.reject(error);
      return;
    }
    const text = Buffer.concat(this.chunks).subarray(0, this.limit).toString('utf8').trim();
    this.resolve({ status: this.status, headers: this.headers, text });
  }
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}
