const HIDDEN = '[secure]';

/**
 * Removes known secrets from a text that others will read. Longer ones go first, so that a secret that contains another
 * leaves nothing behind. Fragments of under three characters are no secrets worth mangling a text for.
 */
export function redact(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets)]
    .filter((secret) => secret.length >= 3)
    .sort((a, b) => b.length - a.length)
    .reduce((result, secret) => result.replaceAll(secret, HIDDEN), text);
}

/** Shorter paths and parts of them are words that answers may well use: /hooks, api, v1. */
const SHORTEST_SECRET = 8;

/**
 * Everything in a url that may be secret: the url itself, user name and password, query values, the path (chat services put
 * their tokens there) and its longer segments, each raw and decoded.
 */
export function secretsOfUrl(url: string): string[] {
  if (!URL.canParse(url)) return [url];
  const { username, password, search, searchParams, pathname, href } = new URL(url);
  const path = [pathname, ...pathname.split('/')].filter((part) => part.length >= SHORTEST_SECRET);
  const raw = [username, password, ...path, search.slice(1), ...searchParams.values()];
  const basic = Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64');
  return [url, href, basic, ...raw, ...raw.map(decode)].filter((text) => text !== '');
}

/**
 * A url that can be shown and stored: no credentials, no query, no fragment, long path segments cut.
 */
export function displayUrl(url: string): string {
  if (!URL.canParse(url)) return '(not a url)';
  const { protocol, host, pathname, search } = new URL(url);
  const path = pathname
    .split('/')
    .map((segment) => (isToken(segment) ? `${segment.slice(0, 4)}…` : segment))
    .join('/');
  return `${protocol}//${host}${path}${search === '' ? '' : '?…'}`;
}

/** Random-looking: long, and letters mixed with digits or upper with lower case. */
function isToken(segment: string): boolean {
  return segment.length >= 16 && /[a-z]/i.test(segment) && (/\d/.test(segment) || /[a-z][A-Z]/.test(segment));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
