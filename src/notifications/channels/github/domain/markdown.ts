/** Everything by which a text could become more than a text in Markdown as GitHub reads it, or in HTML inside of it. */
const MARKDOWN = /[\\`*_{}[\]()#|~!]/g;
/** White space, and control characters, which mean nothing in a text. */
const BREAKS = /[\s\p{Cc}]+/gu;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** On one line: a line break would end a table or an HTML block, and what follows would be read as Markdown. */
function oneLine(text: string): string {
  return text.toWellFormed().replace(BREAKS, ' ').trim();
}

/** A text as it stands, inside HTML or between the quotes of an attribute. */
export function escapeHtml(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A text as it stands, in the middle of a line of Markdown. */
export function escapeMarkdown(text: string): string {
  return oneLine(text)
    .replace(MARKDOWN, '\\$&')
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? '');
}

/** A block of source text that keeps its line breaks; `lang` says how it is coloured. */
export function preformatted(lang: string, source: string): string {
  // A blank line would end the HTML block around it.
  const lines = source
    .toWellFormed()
    .split('\n')
    .filter((line) => line.trim() !== '');
  const escaped = lines.join('\n').replace(/[&<>]/g, (character) => ENTITIES[character] ?? '');
  return `<pre lang='${lang}'>\n${escaped}\n</pre>`;
}
