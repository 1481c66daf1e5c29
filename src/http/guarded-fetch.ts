import type { GuardedHttp } from './guarded-http';
import type { Method } from './hop';

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] satisfies Method[];
/** Answers with these have no body, and `Response` insists on it. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);
const TIMEOUT_MS = 30_000;
const MOST_OF_AN_ANSWER = 4_194_304;

/**
 * A `fetch` for SDKs, which goes the guarded way: the same addresses, redirects and limits as {@link GuardedHttp}. The
 * answer is read whole, up to four megabytes and within 30 seconds, or for as long as the caller's signal lets it.
 *
 * @returns a fetch that throws RequestRefused and RequestFailed instead of a bare TypeError, and a TypeError for what
 *   it does not support: streams and forms as bodies, other methods
 */
export function guardedFetch(http: GuardedHttp): typeof fetch {
  return async (input, init = {}) => {
    const given = input instanceof Request ? input : undefined;
    const method = (init.method ?? given?.method ?? 'GET').toUpperCase();
    if (!METHODS.includes(method)) throw new TypeError(`fetch: the method ${method} is not supported here`);
    const url = input instanceof Request ? input.url : String(input);
    const body = init.body === undefined ? await given?.text() : bodyText(init.body);
    const signal = init.signal ?? given?.signal;
    const answer = await http.request(method as Method, url, {
      headers: Object.fromEntries(new Headers(init.headers ?? given?.headers)),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MOST_OF_AN_ANSWER,
      ...(body ? { body } : {}),
      ...(signal ? { signal } : {}),
    });
    const { 'content-encoding': _read, 'content-length': _counted, ...headers } = answer.headers;
    return new Response(WITHOUT_BODY.has(answer.status) ? null : answer.text, { status: answer.status, headers });
  };
}

function bodyText(body: NonNullable<RequestInit['body']> | null): string | undefined {
  if (body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('fetch: only a text can be sent here; make one of the body first');
}
