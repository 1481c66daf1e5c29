import { MOST_ENTRIES } from './bounds';

/** One entry of a channel's list in `notifications`, after all accepted forms were made alike. */
export interface ConfigElement {
  /** Position in the channel's list. */
  readonly index: number;
  /** Options written beside the targets; empty when the entry is only a target. Keys use underscores. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the entry says about whom to tell: the value under the targets' key, or the entry itself. */
  readonly targets: unknown;
  /** False when the entry switches the channel off: null, false, `enabled: false`, `disabled: true`. */
  readonly enabled: boolean;
  /** False for the empty entry that stands for a channel which the config does not mention. */
  readonly written: boolean;
}

/** How a channel is written in `notifications`. */
export interface ConfigKeys {
  /** Accepted names of the channel's section, the official one first, e.g. `webhooks`, `webhook`. */
  readonly section: readonly string[];
  /** Accepted names of the targets inside a map, the official one first, e.g. `urls`, `url`. */
  readonly targets: readonly string[];
  /** The channel tells people also when the config does not mention it, as mail does. */
  readonly unasked?: boolean;
  /** What stands in place of a map of channels, such as one url, does not count as a target of this channel. */
  readonly namedOnly?: boolean;
}

/** Flags that may stand at the top of `notifications` and then hold for every listed channel without its own. */
const INHERITED = ['on_success', 'on_failure'] as const;

/**
 * Reads a channel's section of a build's config, whichever way it was written.
 *
 * - `notifications` that is no map (false, a text, a list) holds for every channel.
 * - A single entry is a list of one; each entry of a list is told separately, with its own options.
 * - Flags at the top are copied into listed entries that lack them.
 * - `{ secure, on_success }` in one map means "this encrypted target, with this option".
 *
 * Accepts plain configs as people write them and the lists of maps that travis-yml makes of them.
 *
 * @returns one element per entry, for the first {@link MOST_ENTRIES}; a channel that is not mentioned gives one empty
 *   element, an empty list none.
 */
export function channelElements(config: Readonly<Record<string, unknown>>, keys: ConfigKeys): ConfigElement[] {
  const notifications = firstOf(config, ['notifications', 'notification']);
  if (notifications === undefined) return [unwritten(keys)];
  if (!isMap(notifications)) return keys.namedOnly ? [unwritten(keys)] : entries(notifications, {}, keys);
  const options = underscored(notifications);
  const section = firstOf(options, keys.section);
  return section === undefined ? [unwritten(keys)] : entries(section, options, keys);
}

function unwritten(keys: ConfigKeys): ConfigElement {
  return { ...element({}, 0, {}, keys), written: false };
}

function entries(section: unknown, top: Readonly<Record<string, unknown>>, keys: ConfigKeys): ConfigElement[] {
  const list: readonly unknown[] = Array.isArray(section) ? section : [section];
  return list.slice(0, MOST_ENTRIES).map((entry, index) => element(entry, index, top, keys));
}

function element(
  entry: unknown,
  index: number,
  top: Readonly<Record<string, unknown>>,
  keys: ConfigKeys,
): ConfigElement {
  const own = isMap(entry) ? underscored(entry) : {};
  // The entry's target, not one of its options: together they would be decrypted into one text.
  const { secure: _target, ...options } = own;
  const inherited = Object.fromEntries(INHERITED.filter((key) => key in top).map((key) => [key, top[key]]));
  return {
    index,
    settings: { ...inherited, ...options },
    targets: isMap(entry) ? targetsOf(own, keys) : entry,
    enabled: isEnabled(entry, own),
    written: true,
  };
}

function targetsOf(own: Readonly<Record<string, unknown>>, keys: ConfigKeys): unknown {
  // The whole map is the encrypted target; options beside it are kept, unlike in Travis CI where they broke it.
  if (own['secure'] !== undefined) return { secure: own['secure'] };
  return firstOf(own, keys.targets);
}

function isEnabled(entry: unknown, own: Readonly<Record<string, unknown>>): boolean {
  if (entry === null || entry === undefined || readBoolean(entry) === false) return false;
  if (own['enabled'] !== undefined) return readBoolean(own['enabled']) !== false;
  for (const key of ['disabled', 'disable']) {
    if (own[key] !== undefined) return readBoolean(own[key]) !== true;
  }
  return true;
}

/** YAML's words for yes and no, which arrive as text when somebody quoted them. */
function readBoolean(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  const word = value.trim().toLowerCase();
  if (['true', 'yes', 'on'].includes(word)) return true;
  return ['false', 'no', 'off'].includes(word) ? false : null;
}

/** The first key that is present; present with null counts. */
function firstOf(map: Readonly<Record<string, unknown>>, keys: readonly string[]): unknown {
  const key = keys.find((name) => map[name] !== undefined);
  return key === undefined ? undefined : map[key];
}

/** `on-success` and `:on_success` mean `on_success`. */
function underscored(map: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key.replace(/^:/, '').replaceAll('-', '_'), value]),
  );
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
