import { isKey } from './address';
import { isNick } from './nicks';

/** What holds when an entry of the config does not say it. */
export interface OptionDefaults {
  readonly nick: string;
  readonly verify: boolean;
}

/** The options of one entry of the config. */
export interface IrcOptions {
  readonly nick: string;
  readonly password: string | null;
  readonly nickservPassword: string | null;
  /** The key of channels that have none of their own. */
  readonly channelKey: string | null;
  readonly join: boolean;
  readonly notice: boolean;
  readonly verify: boolean;
}

type Settings = Readonly<Record<string, unknown>>;

const SECRET_OPTIONS = ['password', 'nickserv_password', 'channel_key'] as const;
/** Leaves room for the command around it in a line of 512 bytes. */
const LONGEST = 300;

/**
 * Reads the options of an entry.
 *
 * @param revealed as they are after decryption; what could not be decrypted is null there.
 * @param written as they stand in the config.
 * @returns why nobody can be told with them, without repeating any of them, or the options.
 */
export function readOptions(
  revealed: Settings,
  written: Settings,
  defaults: OptionDefaults,
): IrcOptions | { readonly unusable: string } {
  const text = (name: string): string | null => textOf(revealed[name]);
  for (const name of [...SECRET_OPTIONS, 'nick']) {
    // A fork has another key: it must not tell the channel of the repository it was forked from.
    if (typeof written[name] === 'object' && written[name] !== null && text(name) === null) {
      return { unusable: `its ${name} is encrypted and cannot be decrypted with the key of this repository` };
    }
  }
  const nick = text('nick') ?? defaults.nick;
  const channelKey = text('channel_key');
  if (!isNick(nick)) return { unusable: 'its nick is none that a server takes: letters, digits and -_[]{}\\|^`' };
  if (channelKey !== null && !isKey(channelKey)) return { unusable: 'its channel_key holds what no key can hold' };
  for (const name of ['password', 'nickserv_password']) {
    if (!isSendable(text(name) ?? '')) return { unusable: `its ${name} is too long or holds control characters` };
  }
  return {
    nick,
    password: text('password'),
    nickservPassword: text('nickserv_password'),
    channelKey,
    join: flag(revealed['skip_join']) !== true,
    notice: flag(revealed['use_notice'] ?? revealed['notice']) === true,
    verify: flag(revealed['verify_certificate']) ?? defaults.verify,
  };
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

function flag(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
  if (['true', 'yes', 'on'].includes(word)) return true;
  return ['false', 'no', 'off'].includes(word) ? false : null;
}

/** A line break would begin another command. */
function isSendable(text: string): boolean {
  return !/\p{Cc}/u.test(text) && Buffer.byteLength(text) <= LONGEST;
}
