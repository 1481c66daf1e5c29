/**
 * A record as `--json` writes it: names in snake_case as in the HTTP API and the database, one level deep. What lies
 * deeper is data and stays as it is.
 */
export function plainRecord(record: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [snakeCase(key), value as unknown]));
}

/** Bytes as text when that is what they are, else as base64, and which of the two it is. */
export function plainBody(body: Buffer): { readonly body: string; readonly body_encoding: 'utf8' | 'base64' } {
  const text = textOf(body);
  return text === null
    ? { body: body.toString('base64'), body_encoding: 'base64' }
    : { body: text, body_encoding: 'utf8' };
}

/** The text that the bytes are in UTF-8, to the byte; null when they are not. */
export function textOf(body: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return null;
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
