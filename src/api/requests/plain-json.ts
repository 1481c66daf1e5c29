import type { FieldError } from '../problems/problem';

/** Deepest nesting of a body: far more than any config needs, far less than what exhausts a stack. */
const MAX_DEPTH = 64;

/** PostgreSQL keeps no NUL, and half of a surrogate pair is no text at all. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/**
 * Finds the first thing in parsed JSON that PostgreSQL could not store or that we could not walk through.
 *
 * JSON allows all of these, so they reach us as valid bodies: NUL characters, lone surrogates, numbers that overflow
 * to infinity (`1e999`) and nesting without end.
 */
export function findUnstorable(value: unknown, path = '', depth = 0): FieldError | null {
  if (depth > MAX_DEPTH) return { path, message: `is nested deeper than ${MAX_DEPTH} levels` };
  if (typeof value === 'string') return checkText(value, path);
  if (typeof value === 'number' && !Number.isFinite(value)) return { path, message: 'is a number too large to keep' };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const innerPath = path === '' ? key : `${path}.${key}`;
    const found = checkText(key, path) ?? findUnstorable(inner, innerPath, depth + 1);
    if (found) return found;
  }
  return null;
}

function checkText(text: string, path: string): FieldError | null {
  if (!UNSTORABLE.test(text)) return null;
  return { path, message: 'holds a NUL character or half of a surrogate pair: neither can be stored' };
}

/** The same text for the same data, whatever the order of keys. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
}
