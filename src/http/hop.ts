import { RequestRefused } from './errors';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One request on the way, after its credentials were taken out of the url. */
export interface Hop {
  readonly method: Method;
  /** Without user name, password and fragment. */
  readonly url: URL;
  /** Names in lower case are compared; they are sent as written. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** In characters; servers take no more either. */
export const LONGEST_URL = 8_000;

/** Headers that prove who is asking: they stay with the origin they were meant for. */
const CREDENTIALS = /^(authorization|cookie|proxy-authorization)$/i;
/** Headers that describe or sign the body: without the body they mean nothing, and a signature could be misused. */
const OF_THE_BODY = /^(content-.*|signature|webhook-.*)$/i;

/**
 * Makes the first request. User name and password in the url become Basic authentication, as receivers know it, unless
 * the caller sets its own.
 *
 * @throws RequestRefused when the url cannot be used. The message never repeats the url: it may hold secrets.
 */
export function firstHop(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string | null,
  method: Method = 'POST',
): Hop {
  const parsed = parse(url);
  requireHttp(parsed);
  const authorization = basicAuthorization(parsed);
  const given = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  return {
    method,
    url: bare(parsed),
    headers: authorization === null || given ? headers : { ...headers, Authorization: authorization },
    body,
  };
}

/**
 * Where a redirect leads, as HTTP clients have always done it and receivers know it:
 * after 303 always, and after 301 and 302 when it was a POST, it asks again with GET and without the body; else the
 * request is repeated as it was.
 * Another origin never gets credentials, and https is never left for http.
 *
 * @returns null when the answer is no redirect that can be followed.
 * @throws RequestRefused when it leads somewhere that must not be followed.
 */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | null {
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null;
  if (!URL.canParse(location, hop.url.href)) {
    throw new RequestRefused(`${hop.url.origin} redirects to something that is no url: have the receiver corrected.`);
  }
  const url = new URL(location, hop.url);
  requireHttp(url);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new RequestRefused(
      `${hop.url.origin} redirects from https to http, which is not followed: use its https url.`,
    );
  }
  const repeats = status === 303 ? hop.method === 'HEAD' : status >= 307 || hop.method !== 'POST';
  const leaves = url.origin !== hop.url.origin;
  const keep = (name: string): boolean => !(leaves && CREDENTIALS.test(name)) && (repeats || !OF_THE_BODY.test(name));
  return {
    method: repeats ? hop.method : 'GET',
    url: bare(url),
    headers: Object.fromEntries(Object.entries(hop.headers).filter(([name]) => keep(name))),
    body: repeats ? hop.body : null,
  };
}

function parse(url: string): URL {
  if (url.length > LONGEST_URL)
    throw new RequestRefused(`The url has more than ${LONGEST_URL} characters: shorten it.`);
  try {
    return new URL(url);
  } catch {
    throw new RequestRefused('The url cannot be read. Write it in full, such as https://example.org/hook.');
  }
}

function requireHttp(url: URL): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RequestRefused(`The url starts with ${url.protocol}, but only http: and https: can be reached.`);
  }
}

/** User name and password of a url as the value of `Authorization`; null when it has none. */
export function basicAuthorization(url: URL): string | null {
  if (url.username === '' && url.password === '') return null;
  const pair = `${decode(url.username)}:${decode(url.password)}`;
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`;
}

/** Percent-decodes; a stray `%` that stands for itself is left alone. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The url without user name, password and fragment. */
export function bare(url: URL): URL {
  if (url.username === '' && url.password === '' && url.hash === '') return url;
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  copy.hash = '';
  return copy;
}
