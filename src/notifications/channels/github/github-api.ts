import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/core';
import { redact, type NoticeFacts } from '../../channel';
import { encodePath } from './about';
import type { AppSettings } from './settings';

/** The version of GitHub's API that this is written for; newer ones may differ. */
const VERSION = { 'x-github-api-version': '2022-11-28' };
const KEPT_TEXT = 1_000;
/** How an app proves who it is, in case that an answer repeats it. */
const JWT = /[\w-]+\.[\w-]+\.[\w-]{20,}/g;
/** Its warnings are about the API's future, and would name urls. */
const QUIET = { debug: quiet, info: quiet, warn: quiet, error: quiet };

/** What GitHub answered, whether it agreed or not. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly data: unknown;
  /** The answer in words, for people: without the token it was asked with. */
  readonly text: string;
}

interface GithubRequest {
  /** Method and path, with `{name}` for each parameter that stands in the path. */
  readonly route: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

/** GitHub's API, asked with a token at a time. */
export class GithubApi {
  private readonly octokit: Octokit;
  private readonly app: ReturnType<typeof createAppAuth> | null;

  /**
   * @param apiUrl e.g. `https://api.github.com`
   * @param app null when no GitHub app is configured: then nothing can be asked as an installation
   */
  constructor(apiUrl: string, app: AppSettings | null, fetch: typeof globalThis.fetch) {
    this.octokit = new Octokit({ baseUrl: apiUrl, userAgent: 'hub', log: QUIET, request: { fetch, log: QUIET } });
    const request = this.octokit.request.defaults({ headers: VERSION });
    this.app = app && createAppAuth({ appId: app.id, privateKey: app.privateKey, request, log: QUIET });
  }

  /** Whether there is an app that can be asked for. */
  get hasApp(): boolean {
    return this.app !== null;
  }

  /** @throws whatever kept an answer from coming */
  async send(token: string, { route, parameters, signal }: GithubRequest): Promise<Answer> {
    const headers = { ...VERSION, authorization: `token ${token}` };
    try {
      const options = { ...parameters, headers, request: { signal } };
      return answerOf((await this.octokit.request(route, options)) as RawAnswer, token);
    } catch (error) {
      return answerOf(responseOf(error), token);
    }
  }

  /**
   * Asks as an installation of the app. Its token is kept for nearly an hour; one that GitHub no longer takes, because it
   * was revoked for instance, is replaced and the request made once more.
   *
   * @returns GitHub's refusal of a token, when it gives none
   * @throws whatever kept an answer from coming
   */
  async sendAsInstallation(installation: number, request: GithubRequest): Promise<Answer> {
    const begun = Date.now();
    const known = await this.tokenOf(installation, request.signal, false);
    if ('status' in known) return known;
    const answer = await this.send(known.token, request);
    if (answer.status !== 401 || known.since >= begun) return answer;
    const replaced = await this.tokenOf(installation, request.signal, true);
    return 'status' in replaced ? replaced : this.send(replaced.token, request);
  }

  private async tokenOf(
    installation: number,
    signal: AbortSignal,
    refresh: boolean,
  ): Promise<{ token: string; since: number } | Answer> {
    if (this.app === null)
      throw new Error('No GitHub app is configured: set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.');
    try {
      signal.throwIfAborted();
      // Others may wait for the same token, so this request is not broken off: only the waiting is.
      const asked = this.app({ type: 'installation', installationId: installation, refresh });
      const { token, createdAt } = await orAborted(asked, signal);
      return { token, since: Date.parse(createdAt) };
    } catch (error) {
      const answer = answerOf(responseOf(error), '');
      return { ...answer, text: answer.text.replace(JWT, '[secure]') };
    }
  }
}

/**
 * The beginning of all paths of a repository. By its id, which outlives every new name, where that is known: what another
 * repository is called by then must not be told.
 */
export function repositoryPath({ repository }: NoticeFacts): string {
  const id = repository.vcs_id ?? String(repository.github_id ?? '');
  return /^\d+$/.test(id) ? `/repositories/${id}` : `/repos/${encodePath(repository.vcs_slug ?? repository.slug)}`;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: object;
  readonly data: unknown;
}

/** @throws what the library wrapped, when there was no answer */
function responseOf(error: unknown): RawAnswer {
  const { response, cause } = error as { response?: RawAnswer; cause?: unknown };
  if (response) return response;
  throw cause ?? error;
}

function answerOf({ status, headers, data }: RawAnswer, token: string): Answer {
  const text = typeof data === 'string' ? data : messageOf(data);
  return {
    status,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
    data,
    text: redact(text, [token]).slice(0, KEPT_TEXT),
  };
}

/** What GitHub says, with the errors that it goes into. */
function messageOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return '';
  const { message, errors } = data as { message?: unknown; errors?: unknown };
  const details = Array.isArray(errors) ? errors.map((error) => messageOf(error)).filter((text) => text !== '') : [];
  return [...(typeof message === 'string' ? [message] : []), ...details].join(': ');
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function quiet(): void {
  // Nothing is said.
}
