import { holdsSecret, isSecret } from './config-values';

const HIDDEN = '[secure]';
/** Lists of variables inside `env`; everything else there is a variable. */
const ENV_LISTS: ReadonlySet<string> = new Set(['global', 'jobs', 'matrix']);

/** Each config is shown with every event of its build, and never changes. */
const made = new WeakMap<object, Readonly<Record<string, unknown>>>();

/**
 * A build's or job's config as it may be shown to others (notifications.md §0.12): without `source_key`, and with the
 * variables of `env` and `global_env` as texts such as `NAME=value` in which encrypted values read `[secure]`.
 * Other encrypted values stay encrypted.
 */
export function publicConfig(config: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const known = made.get(config);
  if (known) return known;
  const shown = Object.entries(config).filter(([key]) => key !== 'source_key');
  const result = Object.fromEntries(
    shown.map(([key, value]) => [key, key === 'env' || key === 'global_env' ? publicEnv(value) : value]),
  );
  made.set(config, result);
  return result;
}

function publicEnv(env: unknown): unknown {
  if (env === null || env === undefined || env === false) return env;
  if (isMap(env) && Object.keys(env).some((key) => ENV_LISTS.has(key))) {
    return Object.fromEntries(Object.entries(env).map(([key, value]) => [key, publicEnv(value)]));
  }
  const entries: readonly unknown[] = Array.isArray(env) ? env : [env];
  return entries.map((entry) =>
    (Array.isArray(entry) ? (entry as unknown[]).map(line) : [line(entry)]).join(' ').trim(),
  );
}

/** One entry of the list: a text as it is, an encrypted line, or a map of variables. */
function line(entry: unknown): string {
  if (entry === null || entry === undefined) return '';
  if (isSecret(entry)) return HIDDEN;
  if (!isMap(entry)) return text(entry);
  return Object.entries(entry)
    .map(([name, value]) => `${name}=${holdsSecret(value) ? HIDDEN : text(value)}`)
    .join(' ');
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
