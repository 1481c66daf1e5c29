import { createHash } from 'node:crypto';
import { displayUrl } from '../http/redact';

/** A url that somebody is told at. */
export interface UrlTarget<T> {
  readonly element: number;
  readonly url: string;
  /** What there makes it another target than the url alone, e.g. `#builds`. */
  readonly channel?: string | null;
  /** Why the url is nobody else's business, e.g. `encrypted`: only its origin is shown then. */
  readonly hidden?: string | false;
  readonly target: T;
}

/**
 * A target that is called at a url: known by it, shown without its secrets, slowed down with its host, and told in order
 * what it is told of one build.
 */
export function urlTarget<T>(
  { event }: { readonly event: { readonly build_id: number } },
  { element, url, channel = null, hidden = false, target }: UrlTarget<T>,
): { element: number; key: string; display: string; orderKey: string; destination: string; target: T } {
  const key = storable(channel === null ? url : `${url} ${channel}`);
  const shown = hidden === false ? displayUrl(url) : `${originOf(url)} (${hidden})`;
  return {
    element,
    key,
    display: storable(channel === null || hidden !== false ? shown : `${shown} ${channel}`),
    orderKey: `${createHash('sha256').update(key).digest('hex').slice(0, 32)}/${event.build_id}`,
    // Not the whole channel's: that would slow down everybody.
    destination: URL.canParse(url) ? new URL(url).host : 'not a url',
    target,
  };
}

/**
 * What comes of one entry of the config: its targets, each of them once, and one line about all that cannot be told.
 *
 * @param reasons why something in the entry is not told; without secrets
 */
export function decisionsOfElement<T extends { readonly key: string }>(
  element: number,
  targets: readonly T[],
  reasons: readonly string[],
): (T | { element: number; silent: string })[] {
  const each = [...new Map(targets.map((target) => [target.key, target])).values()];
  return reasons.length === 0 ? each : [...each, { element, silent: [...new Set(reasons)].join('; ') }];
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '(not a url)';
}

/** What cannot be stored would keep the other targets from being told. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '').toWellFormed();
}
