/** Control characters, invisible and direction-changing ones, line separators, and halves of character pairs. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Makes text from outside harmless for a terminal and one line long: what could move the cursor, change colours, hide or
 * reorder letters is written out, as `\u001b`.
 */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? written(character));
}

/** {@link safeText} that keeps line breaks, for text that is shown in a block of its own. */
export function safeLines(text: string): string[] {
  return text.split(/\r?\n/).map(safeText);
}

/** A JSON document that is as harmless: whoever reads it gets the same values. */
export function safeJson(value: unknown): string {
  // What is left of them after JSON.stringify can only stand inside strings, where an escape means the same.
  return JSON.stringify(value, null, 2).replace(UNSAFE, (character) =>
    character === '\n' ? '\n' : written(character),
  );
}

function written(character: string): string {
  return Array.from({ length: character.length }, (_, i) => {
    return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }).join('');
}
