/** Every server takes nine characters (RFC 2812 §1.2.1); some take no more. */
const SAFE_LENGTH = 9;
const NICK = /^[a-z[\]\\`_^{|}][a-z0-9[\]\\`_^{|}-]{0,29}$/i;

/** True for a text that can be a nick. */
export function isNick(text: string): boolean {
  return NICK.test(text);
}

/**
 * The nicks to try, the wished one first: another client may have it, such as another replica of Hub.
 *
 * The shortened ones are for servers that take no longer nick than the wished one.
 */
export function nickCandidates(nick: string): string[] {
  const short = nick.slice(0, SAFE_LENGTH);
  const ends = ['_', '__', ...Array.from({ length: 9 }, (_, index) => String(index + 1))];
  return [
    ...new Set([nick, `${nick}_`, `${nick}__`, ...ends.map((end) => short.slice(0, SAFE_LENGTH - end.length) + end)]),
  ];
}
