import { setTimeout as delay } from 'node:timers/promises';
import { Pool, type Dispatcher } from 'undici';
import type { JobState } from '../contracts/states';
import { SimulationError } from './failure';

/** What the simulation reads of `GET /api/builds/:id`. */
export interface BuildView {
  readonly id: number;
  readonly state: string | null;
  readonly stages: readonly { readonly id: number; readonly number: number; readonly state: string | null }[];
  readonly jobs: readonly JobView[];
}

export interface JobView {
  readonly id: number;
  readonly number: string;
  readonly state: JobState;
  readonly stage_id: number | null;
  readonly queued_at: string | null;
}

/** The answer to a call that changes something; no status when none came. */
export interface Answer {
  readonly status: number | undefined;
  readonly body: { readonly reason?: string; readonly queued_at?: string | null };
}

export interface HubApiOptions {
  readonly url: string;
  readonly credentials: { readonly user: string; readonly password: string };
  readonly signal: AbortSignal;
}

/** Most requests at a time: the API is to be used, not to be besieged. */
const CONNECTIONS = 16;
const TIMEOUT_MS = 30_000;
/** For how long a request that may be repeated is repeated while Hub does not answer, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Hub's HTTP API, as a program of somebody else uses it. */
export class HubApi {
  private readonly pool: Pool;
  private readonly base: URL;
  private readonly headers: Record<string, string>;

  constructor(private readonly options: HubApiOptions) {
    const { user, password } = options.credentials;
    this.base = new URL(options.url);
    this.pool = new Pool(this.base.origin, { connections: CONNECTIONS });
    this.headers = {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    };
  }

  /**
   * Makes sure that there is a Hub that takes these credentials.
   * @throws SimulationError
   */
  async check(): Promise<void> {
    const answer = await this.send('GET', '/api/builds?limit=1').catch((error: unknown) => {
      throw new SimulationError(
        `No Hub answers at ${this.options.url} (${reasonOf(error)}). Start one (npm start), or name it with --hub-url.`,
      );
    });
    this.expectSuccess('GET /api/builds', answer);
  }

  /** @param key the same key again creates nothing, so the request may be repeated */
  createBuild(body: object, key: string): Promise<BuildView> {
    return this.insist('POST', '/api/builds', body, { 'idempotency-key': key });
  }

  build(id: number): Promise<BuildView> {
    return this.insist('GET', `/api/builds/${id}`);
  }

  /** Says that the scheduler has queued the job. */
  queue(jobId: number): Promise<Answer> {
    return this.tryOnce(`/api/jobs/${jobId}/queue`, {});
  }

  command(of: 'jobs' | 'builds', id: number, name: 'cancel' | 'restart', reason: string): Promise<Answer> {
    return this.tryOnce(`/api/${of}/${id}/${name}`, { reason });
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }

  /** Repeats the request until Hub answers. */
  private async insist<T>(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
      const answer = await this.send(method, path, body, headers).catch((error: unknown) => ({ error }));
      const away = 'error' in answer || answer.status === 503;
      if (!away) return this.expectSuccess<T>(`${method} ${path}`, answer);
      this.options.signal.throwIfAborted();
      if (performance.now() > deadline) {
        const why = 'error' in answer ? reasonOf(answer.error) : 'it answers 503';
        throw new SimulationError(`Hub has not answered ${method} ${path} for ${PATIENCE_MS / 1_000} s (${why}).`);
      }
      await delay(pause, undefined, { signal: this.options.signal });
    }
  }

  /** Not repeated: a second cancel or restart would be another one. */
  private async tryOnce(path: string, body: object): Promise<Answer> {
    const answer = await this.send('POST', path, body).catch(() => null);
    this.options.signal.throwIfAborted();
    // Whether a command that was answered 503 is carried out later, nobody knows.
    if (answer === null || answer.status === 503) return { status: undefined, body: {} };
    if (answer.status !== 409) this.expectSuccess(`POST ${path}`, answer);
    const reply = JSON.parse(answer.text) as Answer['body'];
    if (reply.reason !== 'cancellation_disabled') return { status: answer.status, body: reply };
    throw new SimulationError(
      'Cancellations are switched off on this Hub (CANCELLATION_DISABLED); people cancel here.',
    );
  }

  private async send(
    method: Dispatcher.HttpMethod,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; text: string }> {
    const { statusCode, body: answer } = await this.pool.request({
      method,
      path: this.base.pathname.replace(/\/$/, '') + path,
      headers: { ...this.headers, ...headers },
      body: body && JSON.stringify(body),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
      signal: this.options.signal,
    });
    return { status: statusCode, text: await answer.text() };
  }

  private expectSuccess<T>(what: string, { status, text }: { status: number; text: string }): T {
    if (status >= 200 && status < 300) return JSON.parse(text) as T;
    if (status === 401) {
      throw new SimulationError(
        `Hub does not take these credentials: set HTTP_BASIC_AUTH to what the Hub at ${this.options.url} was started with.`,
      );
    }
    throw new SimulationError(`${what} was answered ${status}: ${text.slice(0, 500)}`);
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? String(error);
}
