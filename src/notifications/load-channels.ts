import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_NAMES } from '../contracts/event';
import type { Channel, ChannelContract, ChannelDeps, ChannelFactory } from './channel';

/** Where Hub's own channels live. */
export const CHANNELS_DIRECTORY = join(__dirname, 'channels');

const CHANNEL_FILE = /\.channel\.(js|ts)$/;
const KNOWN_EVENTS: ReadonlySet<string> = new Set(EVENT_NAMES);

/** What a channel file exports. */
export interface ChannelModule {
  readonly default: ChannelFactory;
  readonly contract?: ChannelContract;
}

/** A channel that cannot be used as written; Hub refuses to start. */
export class ChannelError extends Error {
  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`Channel ${file}: ${problem}`, options);
    this.name = 'ChannelError';
  }
}

/**
 * Finds the channels of a directory: files named `*.channel.ts` (or `.js`) and folders with an `index`. Nothing lists
 * them, so that adding a channel touches nothing else.
 *
 * @returns paths that can be required, in alphabetical order.
 */
export function findChannels(directory: string = CHANNELS_DIRECTORY): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => (entry.isDirectory() ? hasIndex(join(directory, entry.name)) : CHANNEL_FILE.test(entry.name)))
    .map((entry) => join(directory, entry.name))
    .sort();
}

/**
 * Loads and makes every channel of a directory, and checks them.
 *
 * @throws ChannelError for the first file that does not export a channel, and for two channels of one name.
 */
export function loadChannels(deps: ChannelDeps, directory: string = CHANNELS_DIRECTORY): readonly Channel[] {
  const byName = new Map<string, string>();
  return findChannels(directory).map((file) => {
    const channel = makeChannel(file, requireChannel(file).default, deps);
    const other = byName.get(channel.name);
    if (other !== undefined) {
      throw new ChannelError(
        file,
        `its name "${channel.name}" is taken by ${other}. Names say whose a delivery is: rename one.`,
      );
    }
    byName.set(channel.name, file);
    return channel;
  });
}

/** @throws ChannelError when the file does not export a factory. */
export function requireChannel(file: string): ChannelModule {
  // The list of channels is only known at run time; import() would make all of boot asynchronous for nothing.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const exported = require(file) as Partial<ChannelModule>;
  if (typeof exported.default !== 'function') {
    throw new ChannelError(
      file,
      'it has no default export that makes a channel. Write `export default (deps) => ({ … })`.',
    );
  }
  return exported as ChannelModule;
}

function makeChannel(file: string, factory: ChannelFactory, deps: ChannelDeps): Channel {
  let channel: Partial<Channel> | null;
  try {
    channel = factory(deps);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'an unknown error';
    throw new ChannelError(file, `it cannot be made: ${reason}`, { cause: error });
  }
  const problems = problemsOf(channel ?? {});
  if (problems.length > 0) throw new ChannelError(file, `what it makes is no channel: ${problems.join('; ')}.`);
  return channel as Channel;
}

function problemsOf({ name, events, timeoutMs, targets, deliver }: Partial<Channel>): string[] {
  const unknown = (events ?? []).filter((event) => !KNOWN_EVENTS.has(event));
  return [
    ...(/^[a-z][a-z0-9_-]*$/.test(name ?? '')
      ? []
      : ['name must be lower case letters, digits, dashes and underscores']),
    ...((events ?? []).length > 0 ? [] : ['events must name at least one event']),
    ...unknown.map((event) => `there is no event "${event}" (there are ${EVENT_NAMES.join(', ')})`),
    ...(Number(timeoutMs) > 0 && Number(timeoutMs) <= 600_000 ? [] : ['timeoutMs must be 1 to 600000 milliseconds']),
    ...(typeof targets === 'function' ? [] : ['targets must be a function']),
    ...(typeof deliver === 'function' ? [] : ['deliver must be a function']),
  ];
}

function hasIndex(folder: string): boolean {
  return ['index.js', 'index.ts'].some((name) => existsSync(join(folder, name)));
}
