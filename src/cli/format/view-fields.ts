/** Views are what the HTTP API answers: their fields are known by name only. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object in a field; null when there is none. */
export function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null ? (value as Fields) : null;
}

/** The text or number in a field; empty when there is none. */
export function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** The ISO time in a field; null when there is none. */
export function time(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
