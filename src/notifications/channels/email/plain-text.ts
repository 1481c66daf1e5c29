/**
 * Whatever could end a line, hide what stands after it or turn the reading direction: control characters, line and
 * paragraph separators, and the marks that reorder text. Commits, branches and names are written by anybody.
 */
// eslint-disable-next-line no-control-regex
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A text as one line: nothing in it can begin a header or a line of its own.
 *
 * @param most how many characters are kept; what is cut off shows as `…`.
 */
export function oneLine(text: string | null | undefined, most = 200): string {
  const line = (text ?? '').toWellFormed().replace(UNFIT, ' ').replace(/\s+/g, ' ').trim();
  return clip(line, most);
}

/**
 * A text of several lines, each fit to be shown; blank lines at its ends are left out.
 *
 * @param mostLines how many lines are kept.
 * @param most how many characters of each are kept.
 */
export function lines(text: string | null | undefined, mostLines: number, most: number): string[] {
  // Before it is split: a message may be as long as its author likes.
  const all = (text ?? '').slice(0, mostLines * most * 2).split(/\r\n|[\n\r\u2028\u2029\u0085]/);
  const shown = all.map((line) => clip(line.toWellFormed().replace(UNFIT, ' ').trimEnd(), most));
  while (shown[0] === '') shown.shift();
  while (shown.at(-1) === '') shown.pop();
  return shown.length > mostLines ? [...shown.slice(0, mostLines), '…'] : shown;
}

/** Cut between characters as people see code points, so that no half of a pair is left. */
function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const points = Array.from(text.slice(0, most * 2 + 2));
  return points.length <= most
    ? points.join('')
    : `${points
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}

/**
 * How long something took, as the mails of Travis CI put it: `1 hr, 0 mins, and 5 secs`, `1 min and 0 sec`.
 *
 * @param from and `to` are ISO times
 * @returns `?` when it has not begun or not ended
 */
export function durationInWords(from: string | null, to: string | null): string {
  if (from === null || to === null) return '?';
  const total = Math.max(0, Math.floor((Date.parse(to) - Date.parse(from)) / 1_000));
  if (Number.isNaN(total)) return '?';
  const hours = Math.floor(total / 3_600);
  const minutes = Math.floor((total % 3_600) / 60);
  const seconds = `${total % 60} ${total % 60 > 1 ? 'secs' : 'sec'}`;
  if (hours > 0) return `${hours} ${plural('hr', hours)}, ${minutes} ${plural('min', minutes)}, and ${seconds}`;
  return minutes > 0 ? `${minutes} ${plural('min', minutes)} and ${seconds}` : seconds;
}

function plural(unit: string, count: number): string {
  return count === 1 ? unit : `${unit}s`;
}
