import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fallbacksOf, type Config } from '../config';
import { EVENT_NAMES } from '../contracts/event';
import type { Channel, ChannelContract, ChannelDeps, ChannelFactory, ChannelVariables, RetryPolicy } from './channel';

/** Where Hub's own channels live. */
export const CHANNELS_DIRECTORY = join(__dirname, 'channels');

/** Of a pause or a horizon: two weeks, so that the database can count a pause in milliseconds, jitter included. */
const LONGEST_MS = 14 * 24 * 3_600_000;
const CHANNEL_FILE = /\.channel\.(js|ts)$/;
const KNOWN_EVENTS: ReadonlySet<string> = new Set(EVENT_NAMES);

/** What a channel file exports. */
export interface ChannelModule {
  readonly default: ChannelFactory;
  readonly variables?: ChannelVariables;
  readonly contract?: ChannelContract;
}

/** A channel as it was found, not yet made. */
export interface FoundChannel {
  /** That of its file or folder. */
  readonly name: string;
  /** Can be required. */
  readonly file: string;
  readonly module: ChannelModule;
}

/** The channels that could be made, and why others could not. */
export interface MadeChannels {
  readonly channels: readonly Channel[];
  /** By name; nobody set these to deliver. */
  readonly unusable: ReadonlyMap<string, ChannelError>;
}

/** A channel that cannot be used as written or as Hub is configured; Hub refuses to start. */
export class ChannelError extends Error {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`Channel ${file}: ${problem}`, options);
    this.name = 'ChannelError';
  }
}

/**
 * Finds the channels of a directory: files named `*.channel.ts` (or `.js`) and folders with an `index`. A folder without
 * one is what several channels of one service share, and holds their files. Nothing lists them, so that adding a channel
 * touches nothing else. Channels of others come from npm packages.
 *
 * @param packages by the channels' names
 * @returns in alphabetical order, those from packages last.
 * @throws ChannelError for the first file that does not export a channel, and for two channels of one name.
 */
export function findChannels(
  directory: string = CHANNELS_DIRECTORY,
  packages: Readonly<Record<string, string>> = {},
): readonly FoundChannel[] {
  const own = filesOf(directory)
    .sort()
    .map((file) => ({ name: basename(file).replace(CHANNEL_FILE, ''), file, module: requireChannel(file) }));
  const others = Object.entries(packages).map(([name, from]) => ({
    name,
    file: from,
    module: requireChannel(from, resolvePackage(from)),
  }));
  const found = [...own, ...others];
  for (const [index, { name, file }] of found.entries()) {
    const other = found.slice(0, index).find((earlier) => earlier.name === name);
    if (other) throw new ChannelError(file, `its name "${name}" is taken by ${other.file}. Rename one.`);
  }
  return found;
}

/** The environment variables that channels declare themselves, by channel name. */
export function variablesOf(found: readonly FoundChannel[]): Readonly<Record<string, ChannelVariables>> {
  return Object.fromEntries(found.flatMap(({ name, module }) => (module.variables ? [[name, module.variables]] : [])));
}

/**
 * Makes every channel and checks it. One that cannot work as Hub is configured is left out, unless it is needed.
 *
 * @param settings by channel name: the values of the channel's own variables; what is missing takes its fallback
 * @param needed whether the channel of this name is to deliver
 * @throws ChannelError for the first channel that is needed and cannot work, or is written wrongly.
 */
export function makeChannels(
  found: readonly FoundChannel[],
  deps: Omit<ChannelDeps, 'settings'>,
  settings: Config['channelSettings'] = {},
  needed: (name: string) => boolean = () => true,
): MadeChannels {
  const channels: Channel[] = [];
  const unusable = new Map<string, ChannelError>();
  for (const { name, file, module } of found) {
    const own = settings[name] ?? fallbacksOf(module.variables ?? {});
    const channel = make(file, module.default, { ...deps, settings: own });
    if (channel instanceof ChannelError) {
      if (needed(name)) throw channel;
      unusable.set(name, channel);
    } else {
      check(file, name, channel);
      channels.push(channel);
    }
  }
  return { channels, unusable };
}

/**
 * @param file as it is named in messages
 * @param path where it is
 * @throws ChannelError when the file cannot be loaded or does not export a factory.
 */
export function requireChannel(file: string, path: string = file): ChannelModule {
  let exported: Partial<ChannelModule>;
  try {
    // The list of channels is only known at run time; import() would make all of boot asynchronous for nothing.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    exported = require(path) as Partial<ChannelModule>;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an unknown error';
    throw new ChannelError(file, `it cannot be loaded: ${reason}.`, { cause: error });
  }
  if (typeof exported.default !== 'function') {
    throw new ChannelError(
      file,
      'it has no default export that makes a channel. Write `export default (deps) => ({ … })`.',
    );
  }
  return exported as ChannelModule;
}

/** Beside Hub, or where Hub was started: an installation that has Hub among its packages. */
function resolvePackage(name: string): string {
  try {
    return require.resolve(name, { paths: [process.cwd(), __dirname] });
  } catch (error) {
    throw new ChannelError(name, 'HUB_CHANNELS names it, but no such package is installed: npm install it.', {
      cause: error,
    });
  }
}

function make(file: string, factory: ChannelFactory, deps: ChannelDeps): Channel | ChannelError {
  try {
    return factory(deps);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'an unknown error';
    return new ChannelError(file, `it cannot be made: ${reason}`, { cause: error });
  }
}

function check(file: string, name: string, channel: Partial<Channel> | undefined): void {
  const problems = problemsOf(name, channel ?? {});
  if (problems.length > 0) throw new ChannelError(file, `what it makes is no channel: ${problems.join('; ')}.`);
}

function problemsOf(ownName: string, channel: Partial<Channel>): string[] {
  const { name, events, timeoutMs, retry, targets, deliver } = channel;
  const unknown = (events ?? []).filter((event) => !KNOWN_EVENTS.has(event));
  return [
    ...(/^[a-z][a-z0-9_-]*$/.test(name ?? '')
      ? []
      : ['name must be lower case letters, digits, dashes and underscores']),
    ...(name === ownName ? [] : [`name must be that of its file or package, "${ownName}"`]),
    ...((events ?? []).length > 0 ? [] : ['events must name at least one event']),
    ...unknown.map((event) => `there is no event "${event}" (there are ${EVENT_NAMES.join(', ')})`),
    ...(Number(timeoutMs) > 0 && Number(timeoutMs) <= 600_000 ? [] : ['timeoutMs must be 1 to 600000 milliseconds']),
    ...(retry === undefined || isPolicy(retry)
      ? []
      : [
          'retry may give attempts (a whole number from 1), firstPauseMs, longestPauseMs and horizonMs (milliseconds, two weeks at most)',
        ]),
    ...(typeof targets === 'function' ? [] : ['targets must be a function']),
    ...(typeof deliver === 'function' ? [] : ['deliver must be a function']),
  ];
}

/** Those that are given count. A pause that is no number would keep the outcomes of all channels from being written. */
function isPolicy(retry: Partial<RetryPolicy> | null): boolean {
  if (typeof retry !== 'object' || retry === null) return false;
  return Object.entries(retry as Readonly<Record<string, unknown>>).every(([name, value]) =>
    name === 'attempts'
      ? Number.isSafeInteger(value) && Number(value) >= 1
      : typeof value === 'number' && value > 0 && value <= LONGEST_MS,
  );
}

/** What can be required as a channel. */
function filesOf(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) return CHANNEL_FILE.test(entry.name) ? [path] : [];
    if (hasIndex(path)) return [path];
    return readdirSync(path)
      .filter((name) => CHANNEL_FILE.test(name))
      .map((name) => join(path, name));
  });
}

function hasIndex(folder: string): boolean {
  return ['index.js', 'index.ts'].some((name) => existsSync(join(folder, name)));
}
