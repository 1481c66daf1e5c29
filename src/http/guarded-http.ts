import { AddressGuard } from './address-guard';
import { Deadline } from './deadline';
import { RequestRefused } from './errors';
import { exchange } from './exchange';
import { guardedConnector, type ResolveAll } from './guarded-connector';
import { firstHop, nextHop, type Method } from './hop';
import { httpLibrary } from './library';
import { KEEP_ALIVE, RotatingAgent } from './rotating-agent';

/** How many redirects of one request are followed. */
export const MAX_REDIRECTS = 5;
/** In bytes. */
const MOST_OF_AN_ANSWER = 65_536;

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the request early, for instance because Hub stops. */
  readonly signal?: AbortSignal;
  /** For the whole request, redirects included, in milliseconds. */
  readonly timeoutMs: number;
  /** More of the answer than this is not read. Default: 64 KiB. */
  readonly maxResponseBytes?: number;
}

export interface PostRequest extends HttpRequest {
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The answer's body as text, cut at the limit and trimmed. */
  readonly text: string;
  /** Whether the last request still carried the body; after a 301, 302 or 303 it did not. */
  readonly bodySent: boolean;
}

export interface GuardedHttpOptions {
  /** Host names, addresses and CIDR ranges that may be reached although they are internal. */
  readonly allowedHosts: readonly string[];
  /** How long connecting may take, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** Most connections to one origin; more requests wait their turn. */
  readonly connectionsPerOrigin?: number;
  readonly resolve?: ResolveAll;
  /** A clock in milliseconds; for tests. */
  readonly now?: () => number;
}

/**
 * The one way by which Hub calls urls that users gave. It cannot be talked into reaching internal addresses: the
 * guard is asked when a connection is opened, for every redirect anew (see {@link guardedConnector}).
 *
 * Every error is a {@link RequestRefused} (never works) or a {@link RequestFailed} (may work later) and names at
 * most the origin: urls hold secrets in their credentials, paths and queries.
 */
export class GuardedHttp {
  private readonly agents: RotatingAgent;

  constructor({ allowedHosts, connectTimeoutMs = 10_000, connectionsPerOrigin = 8, resolve, now }: GuardedHttpOptions) {
    const guard = new AddressGuard(allowedHosts);
    this.agents = new RotatingAgent(() => {
      const { Agent } = httpLibrary();
      const connect = guardedConnector(guard, connectTimeoutMs, resolve);
      return new Agent({ connect, connections: connectionsPerOrigin, pipelining: 1, ...KEEP_ALIVE });
    }, now);
  }

  /** {@link request} with POST. */
  post(url: string, options: PostRequest): Promise<HttpResponse> {
    return this.request('POST', url, options);
  }

  /**
   * Sends a request and follows its redirects.
   *
   * @throws RequestRefused when it can never work: address refused, url unusable, too many redirects.
   * @throws RequestFailed when it may work later: not reachable, too slow, interrupted.
   */
  async request(method: Method, url: string, options: HttpRequest): Promise<HttpResponse> {
    let hop = firstHop(url, options.headers ?? {}, options.body ?? null, method);
    const { origin } = hop.url;
    const { timeoutMs, maxResponseBytes: limit = MOST_OF_AN_ANSWER } = options;
    const deadline = new Deadline(timeoutMs, options.signal);
    try {
      for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
        const answer = await exchange(this.agents.current, hop, deadline, { timeoutMs, limit });
        const next = nextHop(hop, answer.status, answer.headers['location']);
        if (next === null) return { ...answer, bodySent: hop.body !== null || options.body === undefined };
        hop = next;
      }
    } finally {
      deadline.clear();
    }
    throw new RequestRefused(`${origin} redirects more than ${MAX_REDIRECTS} times: use the url it leads to.`);
  }

  /** Closes every connection. What still runs fails with {@link RequestFailed}: deliveries have stopped before. */
  async close(): Promise<void> {
    await this.agents.destroy();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
