import { inspect } from 'node:util';

const HIDDEN = '[hidden]';

/**
 * Freezes an object and makes every printed form of it hide the named keys: JSON, `util.inspect`, and so every logger.
 * Reading the keys works as ever.
 */
export function concealed<T extends object>(value: T, ...secrets: readonly (keyof T)[]): T {
  const printable = () => {
    const copy = { ...value } as Record<string, unknown>;
    // Whether a secret is set is worth knowing; what it is, is not.
    for (const key of secrets as readonly string[]) copy[key] = isEmpty(copy[key]) ? copy[key] : HIDDEN;
    return copy;
  };
  for (const key of ['toJSON', inspect.custom])
    Object.defineProperty(value, key, { value: printable, enumerable: false });
  return Object.freeze(value);
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
