import { createHash } from 'node:crypto';
import {
  decideSend,
  displayUrl,
  isSecret,
  momentOf,
  NO_ELEMENT,
  splitTexts,
  wantedElements,
  type ChannelTarget,
  type Notice,
} from '../../channel';

/** A url to call, or the reason why what the config names is not called; that reason is shown with the delivery. */
export type WebhookTarget =
  { readonly kind: 'url'; readonly url: string } | { readonly kind: 'skipped'; readonly reason: string };

const KEYS = { section: ['webhooks', 'webhook'], targets: ['urls', 'url'] } as const;

/**
 * Who is to be called for this event: the urls of every element of `notifications.webhooks` that wants it, and the
 * operator's own urls once, whatever the build's config holds.
 */
export function webhookTargets(notice: Notice, globalUrls: readonly string[]): ChannelTarget<WebhookTarget>[] {
  const { event, facts } = notice;
  const telling = wantedElements(event, facts.build.config, KEYS);
  // The operator hears of what is told anyway, and of what a build without any setting would tell.
  const global = telling.length > 0 || decideSend(momentOf(event), {}).send ? globalUrls : [];
  return once([
    ...telling.flatMap(({ index, targets }) => readTargets(targets).map((found) => toTarget(found, index, notice))),
    ...global.map((url) => toTarget({ kind: 'url', url }, NO_ELEMENT, notice)),
  ]);
}

/** A url that one element names twice is called once. */
function once(targets: readonly ChannelTarget<WebhookTarget>[]): ChannelTarget<WebhookTarget>[] {
  return [...new Map(targets.map((target) => [`${target.element} ${target.key}`, target])).values()];
}

/** What stands in the config; the last two kinds cannot be called yet. */
type Found =
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'msteams'; readonly url: string }
  | { readonly kind: 'encrypted'; readonly secure: string };

/** A text is split at commas, the entries of a list are not (a url may hold one); whatever is no url is left out. */
function readTargets(value: unknown): Found[] {
  if (typeof value === 'string') return splitTexts(value).map((url) => ({ kind: 'url', url }));
  return Array.isArray(value) ? value.flatMap(readTarget) : readTarget(value);
}

function readTarget(value: unknown): Found[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [{ kind: 'url', url: value.trim() }];
  if (isSecret(value)) return [{ kind: 'encrypted', secure: value.secure }];
  if (typeof value !== 'object' || value === null) return [];
  const { url, msteams } = value as { url?: unknown; msteams?: unknown };
  const [found] = readTarget(url);
  return found?.kind === 'url' && msteams === true ? [{ ...found, kind: 'msteams' }] : found ? [found] : [];
}

function toTarget(found: Found, element: number, notice: Notice): ChannelTarget<WebhookTarget> {
  // Decryption with the repository's key goes here and happens at send time: until then the target is its cipher text.
  if (found.kind === 'encrypted') {
    const reason =
      'The url is encrypted ({ secure: … }), which this version cannot read: write it plainly to be called.';
    const key = `secure:${found.secure}`;
    return { element, key, display: '(encrypted url)', target: { kind: 'skipped', reason } };
  }
  const { url } = found;
  const display = element === NO_ELEMENT ? originOf(url) : displayUrl(url);
  if (found.kind === 'msteams') {
    const reason = 'Microsoft Teams takes cards (msteams: true), which this version does not make yet.';
    return { element, key: `msteams:${url}`, display, target: { kind: 'skipped', reason } };
  }
  const orderKey = `${fingerprint(url)}/${notice.event.build_id}`;
  const destination = URL.canParse(url) ? { destination: new URL(url).host } : {};
  return { element, key: url, display, orderKey, ...destination, target: { kind: 'url', url } };
}

/** The operator's urls are secrets of the installation: only their origin is shown. */
function originOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin} (set by the operator)` : '(not a url)';
}

function fingerprint(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 32);
}
