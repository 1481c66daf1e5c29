import { MOST_READ } from './bounds';
import { splitTexts } from './config-values';

/** How a body is written. */
export type ContentType = 'form' | 'json';

/** A url to call. */
export interface WebhookUrl {
  readonly url: string;
  /** Whether it takes cards of Microsoft Teams; not known of urls that were written as one text. */
  readonly msteams?: boolean;
  /** Which form of body it asks for; not given when it asks for none, or for one that is not known. */
  readonly contentType?: ContentType;
}

/**
 * The urls of an entry: a text is split at commas, the parts of a list are not, since a url may hold one.
 *
 * @param options hold for urls without their own: what stands beside them in the entry
 */
export function webhookUrls(value: unknown, options: Readonly<Record<string, unknown>> = {}): WebhookUrl[] {
  if (typeof value === 'string') {
    return splitTexts(value).map((url) => ({
      url,
      ...(options['msteams'] === true && { msteams: true }),
      ...contentType(options),
    }));
  }
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, MOST_READ) : [value];
  return list.flatMap((entry) => {
    const own = (typeof entry === 'string' ? { url: entry } : (entry ?? {})) as Record<string, unknown>;
    const { url, msteams = options['msteams'] } = own;
    if (typeof url !== 'string' || url.trim() === '') return [];
    return [{ url: url.trim(), msteams: msteams === true, ...contentType(options), ...contentType(own) }];
  });
}

function contentType(options: Readonly<Record<string, unknown>>): Pick<WebhookUrl, 'contentType'> {
  const asked = readContentType(options['content_type']);
  return asked === undefined ? {} : { contentType: asked };
}

/** `json` or `form`, or the media type's full name. */
function readContentType(value: unknown): ContentType | undefined {
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (word === 'json' || word === 'application/json') return 'json';
  return word === 'form' || word === 'application/x-www-form-urlencoded' ? 'form' : undefined;
}
