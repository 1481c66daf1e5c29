/** A url to call. */
export interface WebhookUrl {
  readonly url: string;
  /** Whether it takes cards of Microsoft Teams; not known of urls that were written as one text. */
  readonly msteams?: boolean;
}

/** The urls of an entry: a text is split at commas, the entries of a list are not, since a url may hold one. */
export function webhookUrls(value: unknown): WebhookUrl[] {
  if (typeof value === 'string') {
    return value.split(',').flatMap((part) => (part.trim() === '' ? [] : [{ url: part.trim() }]));
  }
  return Array.isArray(value) ? value.flatMap(fromEntry) : [];
}

function fromEntry(entry: unknown): WebhookUrl[] {
  const { url, msteams } = typeof entry === 'string' ? { url: entry, msteams: false } : ((entry ?? {}) as WebhookUrl);
  return typeof url === 'string' && url.trim() !== '' ? [{ url: url.trim(), msteams: msteams === true }] : [];
}
