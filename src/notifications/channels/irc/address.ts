import { splitTexts } from '../../channel';

/** A channel on an IRC server, as a build's config names it. */
export interface IrcAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** With its `#`. */
  readonly channel: string;
  readonly key: string | null;
}

/** An address, or why a text is none; the reason never repeats the text, which may hold a key. */
export type ReadAddress = IrcAddress | { readonly unreadable: string };

const PLAIN_PORT = 6667;
const TLS_PORT = 6697;

const ADDRESS = /^(?:(ircs?):\/\/)?(\[[\da-f:.]+\]|[^\s:/#@?[\]]+)(?::(\d{1,5}))?\/?(?:#(.*))?$/is;
/** No space, comma or control character can stand in a name (RFC 2812 §1.3); 200 bytes leave room for a text. */
const CHANNEL = /^#[^\p{Cc} ,]+$/u;
const KEY = /^[^\p{Cc} ,:][^\p{Cc} ,]*$/u;
const LONGEST = 200;

/**
 * Reads a text of `notifications.irc.channels`: `[irc://|ircs://]host[:port]#channel[,key]`, several of them separated by
 * commas. The part behind `#` may be url-encoded, so `#chan%2Ckey` is a channel with a key too and `#%23chan` is `##chan`.
 *
 * A comma is ambiguous: what stands behind one is the key of the channel before, unless it holds a `#`, `.` or `:` as
 * addresses do. Such keys have to be written with `%2C`.
 */
export function readAddresses(text: string): ReadAddress[] {
  const joined = splitTexts(text).reduce<string[]>((done, part) => {
    const before = done.at(-1);
    const isKey = before?.includes('#') && !/,|%2c/i.test(before) && !/[#.:]/.test(part);
    return isKey ? [...done.slice(0, -1), `${before},${part}`] : [...done, part];
  }, []);
  return joined.map(readAddress);
}

function readAddress(text: string): ReadAddress {
  const [found, scheme = 'irc', host = '', digits, fragment = ''] = ADDRESS.exec(text) ?? [];
  if (found === undefined) return { unreadable: 'a channel is not written like irc.example.org:6667#channel' };
  if (fragment === '') return { unreadable: 'an entry names a server without a channel: write host#channel' };
  const tls = scheme.toLowerCase() === 'ircs';
  const port = digits === undefined ? (tls ? TLS_PORT : PLAIN_PORT) : Number(digits);
  if (port < 1 || port > 65_535) return { unreadable: 'a port is not 1 to 65535' };
  const [name = '', key, ...rest] = decode(fragment).split(',');
  const channel = `#${name}`;
  if (!CHANNEL.test(channel) || Buffer.byteLength(channel) > LONGEST || rest.length > 0) {
    return { unreadable: 'the name of a channel holds what no channel can be named' };
  }
  if (key !== undefined && !isKey(key)) return { unreadable: 'the key of a channel holds what no key can hold' };
  return { host: host.toLowerCase().replace(/^\[|\]$/g, ''), port, tls, channel, key: key ?? null };
}

/** True for a text that can be sent as a channel's key: nothing in it ends the word or the line. */
export function isKey(text: string): boolean {
  return KEY.test(text) && Buffer.byteLength(text) <= LONGEST;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
