const NUL = '\u0000';
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const REPLACEMENT = '\uFFFD';

/**
 * Makes text from outside fit for PostgreSQL: no NUL (no text column takes it), no half of a character pair (jsonb
 * refuses it), at most `limit` UTF-16 units, never cut within a pair.
 */
export function cleanText(text: string, limit: number): string {
  if (text.length <= limit && text.isWellFormed() && !text.includes(NUL)) return text;
  const cut = text.length > limit ? text.slice(0, limit).replace(/[\uD800-\uDBFF]$/, '') : text;
  return cut.replaceAll(NUL, '').replace(LONE_SURROGATE, REPLACEMENT);
}

/** {@link cleanText} of a trimmed string; undefined for everything that is no string or has nothing in it. */
export function usableText(value: unknown, limit: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = cleanText(value, limit).trim();
  return text === '' ? undefined : text;
}
