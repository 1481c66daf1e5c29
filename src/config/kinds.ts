import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { CHANNEL_MODES, type ChannelMode } from './config';

/**
 * The kinds of values a variable can have. Each one parses the text of an environment variable and, when it cannot,
 * says what is expected. No message repeats the value: it may be a secret, or one pasted into the wrong variable.
 */

export const text = z.string();

/** What can stand in a header as it is; a line break at its end, as files have it, does not belong to it. */
export const token = z
  .string()
  .trim()
  .regex(/^[\x21-\x7e]+$/, 'must be a token of printable ASCII characters without spaces');

/** Makes a kind out of a function that returns undefined for what it cannot read. */
function kind<T>(expected: string, parse: (value: string) => T | undefined): z.ZodType<T, string> {
  return z.string().transform((value, context) => {
    const parsed = parse(value.trim());
    if (parsed !== undefined) return parsed;
    context.addIssue({ code: 'custom', message: `must be ${expected}` });
    return z.NEVER;
  });
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number, unit = ''): z.ZodType<number, string> {
  return kind(`a whole number${unit && ` of ${unit}`} from ${min} to ${max}`, (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : undefined;
  });
}

const TRUE: readonly string[] = ['true', 'yes', 'on', '1'];
const FALSE: readonly string[] = ['false', 'no', 'off', '0'];

export const truth = kind('true or false', (value) => {
  if (TRUE.includes(value.toLowerCase())) return true;
  return FALSE.includes(value.toLowerCase()) ? false : undefined;
});

export function oneOf<const T extends string>(values: readonly T[]): z.ZodType<T, string> {
  return kind(`one of ${values.join(', ')}`, (value) => values.find((known) => known === value.toLowerCase()));
}

const MEMCACHED_PORT = 11_211;

/** `host[:port[:weight]]`, separated by commas, as Dalli reads them. An IPv6 address stands in brackets. */
export const memcachedServers = kind('memcached servers as host, host:port or host:port:weight', (value) => {
  const servers = splitList(value).map((entry) => {
    const [, v6, name, port = MEMCACHED_PORT, weight = 1] =
      /^(?:\[([\da-f:.]+)\]|([\w.-]+))(?::(\d{1,5})(?::(\d{1,4}))?)?$/i.exec(entry) ?? [];
    return { host: v6 ?? name ?? '', port: Number(port), weight: Number(weight) };
  });
  const usable = servers.every(({ host, port, weight }) => host !== '' && port > 0 && port < 65_536 && weight > 0);
  return usable ? servers : undefined;
});

/** A url with one of the given schemes; kept as it was written. */
export function url(...schemes: readonly string[]): z.ZodType<string, string> {
  return kind(`a url that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`, (value) =>
    isUrl(value, schemes) ? value : undefined,
  );
}

/** An address that links are made from: http(s), no trailing slash. */
export const webUrl = kind('a url that begins with https:// or http://', (value) =>
  isUrl(value, ['https', 'http']) ? value.replace(/\/+$/, '') : undefined,
);

/** As {@link webUrl}; `not:set` is how a Travis configuration says that there is none. */
export const jobBoardUrl = kind('a url that begins with https:// or http://', (value) => {
  if (value.includes('not:set')) return null;
  return isUrl(value, ['https', 'http']) ? value.replace(/\/+$/, '') : undefined;
});

/** Travis Hub separates them by semicolons: where one is followed by a url, commas belong to the urls. */
export const webUrls = kind('http or https urls, separated by commas or semicolons', (value) => {
  const urls = splitList(value, /;\s*https?:/i.test(value) ? ';' : ',');
  return urls.every((entry) => isUrl(entry, ['https', 'http'])) ? urls : undefined;
});

export const list = kind('a list, separated by commas', (value) => splitList(value));

/** `user:password[,user:password…]`, as Travis Hub reads it: a password may hold colons but no comma. */
export const credentials = kind('user:password, or several of them separated by commas', (value) => {
  const pairs = splitList(value).map((entry) => {
    const colon = entry.indexOf(':');
    return { user: entry.slice(0, Math.max(colon, 0)), password: entry.slice(colon + 1) };
  });
  return pairs.length > 0 && pairs.every(({ user, password }) => user && password) ? pairs : undefined;
});

/** A channel of Hub's own, or the npm package that brings one: with a scope, or with its name beginning so. */
const CHANNEL = /^(?:(@[a-z0-9][a-z0-9._-]*)\/)?([a-z][a-z0-9._-]*)$/;
const OF_PACKAGES = 'hub-channel-';

/** One entry of HUB_CHANNELS. */
export interface ChannelChoice {
  /** That of the channel, which is the package's without scope and prefix. */
  readonly name: string;
  readonly mode: ChannelMode;
  /** The npm package that brings it; null for a channel of Hub's own. */
  readonly fromPackage: string | null;
}

/** `name=mode[,name=mode…]`. */
export const channelModes = kind(
  `channel=mode pairs separated by commas, with a mode of ${CHANNEL_MODES.join(', ')}, e.g. webhook=deliver,log=off`,
  (value): readonly ChannelChoice[] | undefined => {
    const choices = splitList(value).map(readChoice);
    return choices.every((choice) => choice !== undefined) ? choices : undefined;
  },
);

function readChoice(entry: string): ChannelChoice | undefined {
  const [written = '', word = ''] = entry.split('=').map((part) => part.trim());
  const mode = CHANNEL_MODES.find((candidate) => candidate === word);
  const [, scope, bare = ''] = CHANNEL.exec(written) ?? [];
  const name = bare.startsWith(OF_PACKAGES) ? bare.slice(OF_PACKAGES.length) : bare;
  if (name === '' || mode === undefined) return undefined;
  return { name, mode, fromPackage: scope !== undefined || name !== bare ? written : null };
}

export const jsonObject = kind('a JSON object, e.g. {"x-queue-type":"quorum"}', (value) => {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
});

/** An RSA key as PEM, as PEM with `\n` written out, or as base64 of the PEM: what fits into a variable. */
function rsaKey(which: 'private' | 'public', read: (pem: string) => KeyObject): z.ZodType<string, string> {
  return kind(`an RSA ${which} key: PEM (line breaks may be written \\n) or base64 of the PEM`, (value) => {
    const pem = value.startsWith('--') ? value.replaceAll('\\n', '\n') : Buffer.from(value, 'base64').toString('utf8');
    try {
      return read(pem).asymmetricKeyType === 'rsa' ? pem : undefined;
    } catch {
      return undefined;
    }
  });
}

export const rsaPrivateKey = rsaKey('private', createPrivateKey);
/** A private key will do too: it holds the public one. */
export const rsaPublicKey = rsaKey('public', createPublicKey);

/** 24 to 64 bytes, as the Standard Webhooks specification asks. */
export const standardWebhooksSecret = kind('whsec_ followed by base64 of 24 to 64 random bytes', (value) => {
  const bytes = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(value)?.[1];
  const length = bytes === undefined ? 0 : Buffer.from(bytes, 'base64').length;
  return length >= 24 && length <= 64 ? value : undefined;
});

function splitList(value: string, separator = ','): string[] {
  return value
    .split(separator)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function isUrl(value: string, schemes: readonly string[]): boolean {
  return URL.canParse(value) && schemes.some((scheme) => new URL(value).protocol === `${scheme}:`);
}
