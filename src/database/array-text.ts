type Element = string | number | boolean | null | undefined;

/** Text that an array holds as it is: no comma, brace, quote, backslash or blank. `NULL` would be one. */
const PLAIN = /^(?!null$)[\w.:+-]+$/i;

/**
 * Writes a list in the text form of PostgreSQL's arrays. node-pg does so too, but takes several regular expressions to
 * every element, numbers included; batches have thousands.
 */
export function arrayText(list: readonly Element[]): string {
  return `{${list.map(elementText).join(',')}}`;
}

/** Whether {@link arrayText} can write it: a list of lists, dates or bytes is left to node-pg. */
export function isFlatList(value: unknown): value is readonly Element[] {
  return Array.isArray(value) && value.every((element) => element === null || typeof element !== 'object');
}

function elementText(element: Element): string {
  if (element === null || element === undefined) return 'NULL';
  if (typeof element !== 'string') return String(element);
  return PLAIN.test(element) ? element : `"${element.replace(/[\\"]/g, '\\$&')}"`;
}
