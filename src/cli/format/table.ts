import { safeText } from './safe-text';

const GAP = '  ';
/** Times, ids and names are kept whole: to make a table fit, columns are cut down to this, the last one further. */
const NARROWEST = 20;
const NARROWEST_LAST = 8;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** What terminals draw two cells wide. */
const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

/**
 * Rows under headings, each column as wide as its widest cell; cells are made harmless for a terminal.
 *
 * @param width of the terminal in characters, to which the longest texts are cut as far as they may; null cuts nothing
 * @returns lines without trailing blanks
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | null = null,
): string[] {
  const lines = [headings, ...rows].map((cells) => headings.map((_, column) => safeText(cells[column] ?? '')));
  const natural = headings.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ''))));
  const widths = width === null ? natural : shrink(natural, width);
  return lines.map((cells) =>
    cells
      .map((cell, column) => fit(cell, widths[column] ?? 0))
      .join(GAP)
      .trimEnd(),
  );
}

/** How many cells of a terminal a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** Takes from the widest column until all fit, or nothing can be taken any more. */
function shrink(natural: readonly number[], available: number): number[] {
  const widths = [...natural];
  const last = widths.length - 1;
  let excess = widths.reduce((sum, each) => sum + each, GAP.length * last) - available;
  for (; excess > 0; excess--) {
    const widest = Math.max(...widths);
    const column = widest > NARROWEST ? widths.lastIndexOf(widest) : last;
    if ((widths[column] ?? 0) <= NARROWEST_LAST) break;
    widths[column] = (widths[column] ?? 0) - 1;
  }
  return widths;
}

/** The text in exactly so many cells, with an ellipsis when it had to be cut. */
function fit(text: string, width: number): string {
  const own = widthOf(text);
  if (own <= width) return text + ' '.repeat(width - own);
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = widthOf(segment);
    if (used + next > width - 1) break;
    kept += segment;
    used += next;
  }
  return `${kept}…${' '.repeat(width - 1 - used)}`;
}
