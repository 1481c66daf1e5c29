import { shortText } from './short-text';

/** In characters; with several longer ones a card might grow too large. */
const LONGEST_URL = 2_000;

/**
 * A text from outside as a card shows it: on one line, no longer than given, and with nothing in it that Adaptive Cards
 * take for Markdown. Old mobile clients show the backslashes, so there are no more of them than needed, and no link
 * depends on them: an invisible space parts its two halves.
 *
 * @param longest in characters, before anything is escaped
 */
export function cardText(text: string, longest: number): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
  return shortText(line, longest)
    .replace(/[`*<]|~(?=~)|\\(?=[!-/:-@[-`{-~])|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\$&')
    .replaceAll('](', ']\u200b(')
    .replace(/^[-+#>]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
}

/** A url that a card may lead to, or null: with any other Teams would not show the card. */
export function cardUrl(url: string | null | undefined): string | null {
  if (url == null || url.length > LONGEST_URL || !URL.canParse(url)) return null;
  return ['https:', 'http:'].includes(new URL(url).protocol) ? url : null;
}
