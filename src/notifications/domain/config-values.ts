import { MOST_READ } from './bounds';

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
 * For lists of mail recipients, rooms, users and IRC channels; webhook urls have their own rule. No list is longer than
 * {@link MOST_READ}.
 */
export function listValues(value: unknown): (string | Secret)[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, MOST_READ) : [value];
  const values: (string | Secret)[] = [];
  for (const item of list) {
    if (isSecret(item)) values.push(item);
    else if (typeof item === 'string') values.push(...splitTexts(item));
    if (values.length >= MOST_READ) break;
  }
  return values.slice(0, MOST_READ);
}

/** As {@link listValues}, of what was decrypted: what could not be read is left out. */
export function textValues(value: unknown): string[] {
  return listValues(value).filter((text) => typeof text === 'string');
}

/** `"a, b,"` is a and b; not more than {@link MOST_READ} are read. */
export function splitTexts(text: string): string[] {
  return text
    .split(',', MOST_READ)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** True when some part of the value is `{ secure: … }`. */
export function holdsSecret(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return isSecret(value) || Object.values(value).some(holdsSecret);
}

/** Why somebody is not told whom the config names: also the fork of a repository ends here, and shall stay silent. */
const UNREADABLE = 'encrypted and cannot be decrypted (in a fork, or without ENCRYPTION_KEY)';

/** A part of what an entry of the config names. */
export interface NamedPart {
  /** What it is by now: decrypted, or null where that was not possible; a list of one if it stood in a list. */
  readonly value: unknown;
  readonly encrypted: boolean;
}

/**
 * What an entry names, one by one, each with whether it was encrypted: the parts of a list, or the one thing there is.
 *
 * @param written as it stands in the config
 * @param revealed the same, decrypted
 */
export function namedParts(written: unknown, revealed: unknown): NamedPart[] {
  if (!Array.isArray(written) || !Array.isArray(revealed)) {
    return [{ value: revealed, encrypted: holdsSecret(written) }];
  }
  return revealed
    .slice(0, MOST_READ)
    .map((value: unknown, index) => ({ value: [value], encrypted: holdsSecret(written[index]) }));
}

/**
 * Reads every part in the channel's own way.
 *
 * @param read what a part names; an empty list when it names nothing
 * @returns what was found, and why somebody is not told who was meant to be
 */
export function readParts<T>(
  parts: readonly NamedPart[],
  read: (value: unknown) => readonly T[],
): { found: { target: T; encrypted: boolean }[]; reasons: string[] } {
  const found: { target: T; encrypted: boolean }[] = [];
  let unreadable = false;
  for (const { value, encrypted } of parts) {
    const targets = read(value);
    unreadable ||= encrypted && targets.length === 0;
    for (const target of targets) if (found.length < MOST_READ) found.push({ target, encrypted });
    if (found.length === MOST_READ) break;
  }
  if (unreadable) return { found, reasons: [UNREADABLE] };
  return { found, reasons: found.length === 0 ? ['nobody is named'] : [] };
}
