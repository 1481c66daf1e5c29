import { Deadline } from './deadline';
import { RequestFailed } from './errors';
import { exchange } from './exchange';
import type { HttpResponse } from './guarded-http';
import { bare, basicAuthorization } from './hop';
import { httpLibrary } from './library';
import { KEEP_ALIVE, RotatingAgent } from './rotating-agent';

export interface ServiceRequest {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** User name and password in it become Basic authentication, unless the headers have an `Authorization`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** For the whole request, in milliseconds. */
  readonly timeoutMs: number;
  /** Ends the request early, for instance because Hub stops. */
  readonly signal: AbortSignal;
}

const CONNECTIONS = 8;
const CONNECT_WITHIN_MS = 10_000;
/** Half of what the delivery loop has in hand at most: the other half is for everybody else. */
const MOST_WAITING = 100;
/** Enough to see in a failure what the service had to say. */
const MOST_OF_AN_ANSWER = 4_096;
/** Failures that took their time: the service, or the way to it, swallows what it is sent. */
const SILENT: ReadonlySet<string> = new Set(['timeout', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * Calls one service of the operator's, such as travis-logs; each service has a client of its own.
 *
 * Its address comes from the configuration, so it may well be internal and is not guarded as urls of users are. No
 * redirect is followed: credentials go where the operator said and nowhere else.
 *
 * A service that takes requests and never answers must not hold up what others are told: once it kept one waiting in
 * vain, only one at a time asks it, until it answers. The others fail at once and are tried again later.
 */
export class ServiceHttp {
  private readonly agents = new RotatingAgent(() => {
    const { Agent } = httpLibrary();
    const connect = { timeout: CONNECT_WITHIN_MS };
    return new Agent({ connections: CONNECTIONS, connect, pipelining: 1, ...KEEP_ALIVE });
  });
  private waiting = 0;
  private silent = false;

  /**
   * @throws RequestFailed when it may work later: not reachable, too slow, interrupted, busy.
   * @throws RequestRefused when it can never work: a header or the url holds what HTTP forbids.
   */
  async send({ method, url: text, headers, body, timeoutMs, signal }: ServiceRequest): Promise<HttpResponse> {
    const url = new URL(text);
    this.refuseWhileBusy(url.origin);
    const basic = basicAuthorization(url);
    const all = basic === null ? headers : { Authorization: basic, ...headers };
    const deadline = new Deadline(timeoutMs, signal);
    this.waiting += 1;
    try {
      const request = { method, url: bare(url), headers: all, body };
      const limits = { timeoutMs, limit: MOST_OF_AN_ANSWER };
      const answer = await exchange(this.agents.current, request, deadline, limits);
      this.silent = false;
      return { ...answer, bodySent: body !== null };
    } catch (error) {
      if (error instanceof RequestFailed && SILENT.has(error.code)) this.silent = true;
      throw error;
    } finally {
      this.waiting -= 1;
      deadline.clear();
    }
  }

  /** Closes every connection. */
  async close(): Promise<void> {
    await this.agents.destroy();
  }

  private refuseWhileBusy(origin: string): void {
    if (this.silent && this.waiting > 0) {
      throw new RequestFailed(`${origin} did not answer lately, and one request is asking it again already.`, 'busy');
    }
    if (this.waiting >= MOST_WAITING) {
      throw new RequestFailed(`${origin} has ${MOST_WAITING} requests to answer already.`, 'busy');
    }
  }
}
