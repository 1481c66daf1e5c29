import type { BuildConfig } from './records';

/**
 * Reads what decides states from a build's config (states.md §4.1).
 *
 * The sections `jobs` and `matrix` are merged, `matrix` wins, for the build and its stages alike (fixes B9).
 * Accepts an object, a JSON text of one, or null.
 */
export function readBuildConfig(raw: unknown): BuildConfig {
  const config = asObject(typeof raw === 'string' ? parse(raw) : raw);
  const section = { ...asObject(first(config['jobs'])), ...asObject(first(config['matrix'])) };
  const result = config['.result'];
  return {
    fastFinish: isTruthy(section['fast_finish']),
    broken: typeof result === 'string' && result.includes('error'),
  };
}

/** Ruby's truth: everything but false and nil. */
function isTruthy(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
