/**
 * A text with an ellipsis for what is too much of it; no character is cut in two.
 *
 * @param longest in characters, the ellipsis included
 */
export function shortText(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
