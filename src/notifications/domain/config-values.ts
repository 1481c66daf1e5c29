/** A value that was encrypted with the repository's key: `{ secure: "<base64>" }`. */
export interface Secret {
  readonly secure: string;
}

/** True for a value that has to be decrypted before it means anything. */
export function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && typeof (value as { secure?: unknown }).secure === 'string';
}

/**
 * The targets of a channel as a flat list: texts are split at commas and trimmed, blanks and whatever is neither a text
 * nor encrypted is dropped. An encrypted value stays as it is, since it is decrypted at send time only.
 *
 * For lists of mail recipients, rooms, users and IRC channels; webhook urls have their own rule.
 */
export function listValues(value: unknown): (string | Secret)[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((item): (string | Secret)[] => {
    if (isSecret(item)) return [item];
    return typeof item === 'string' ? splitTexts(item) : [];
  });
}

/** `"a, b,"` is a and b. */
export function splitTexts(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
