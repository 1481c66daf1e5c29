/** A line of the protocol, without the line break that ends it (RFC 2812 §2.3: 512 bytes with it). */
const LONGEST_LINE = 510;
/** Servers pass a message on with its sender in front: `:nick!user@host `, the host being at most 63 bytes. */
const SENDER_BYTES = ':!~@ '.length + 10 + 63;
/** A notice of more lines than this is a flood. */
const MOST_LINES = 20;
/** What is looked at of a template, blank lines included. */
const MOST_WRITTEN = 100;

/** What the text of a template may hold: bold, colour, hex colour, reset, monospace, reverse, italics, strike, underline. */
const FORMATTING = '\\x02\\x03\\x04\\x0f\\x11\\x16\\x1d\\x1e\\x1f';
const NOT_TEXT = new RegExp(`(?![${FORMATTING}])\\p{Cc}+`, 'gu');
const CONTROLS = /\p{Cc}+/gu;

/** A value that somebody else chose (a commit's message, a branch) as harmless text: line breaks and controls are spaces. */
export function plainValue(value: string): string {
  return value.toWellFormed().replace(CONTROLS, ' ');
}

/**
 * The lines of one notice: one for each line of the templates, after their variables were filled in; blank ones are left
 * out. What is too much is not even rendered.
 *
 * @param render fills in the variables of one line.
 */
export function noticeLines(templates: readonly string[], render: (line: string) => string): string[] {
  const lines: string[] = [];
  for (const template of templates.flatMap((text) => text.split(/\r\n|\r|\n/, MOST_WRITTEN))) {
    const line = render(template).toWellFormed().replace(NOT_TEXT, ' ').trimEnd();
    if (line.trim() !== '' && lines.push(line) === MOST_LINES) break;
  }
  return lines;
}

/**
 * The command that says one line in a channel, cut so that the server can pass it on whole to everybody there.
 *
 * @param nick under which it is said.
 */
export function sayCommand(command: 'PRIVMSG' | 'NOTICE', channel: string, text: string, nick: string): string {
  const head = `${command} ${channel} :`;
  const room = LONGEST_LINE - SENDER_BYTES - Buffer.byteLength(nick) - Buffer.byteLength(head);
  return head + cutToBytes(text, room);
}

/** The longest beginning of a text that fits, ended by `…` when something is missing; no character is cut in two. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  const end = '…';
  let room = bytes - Buffer.byteLength(end);
  let cut = '';
  for (const character of text) {
    room -= Buffer.byteLength(character);
    if (room < 0) break;
    cut += character;
  }
  return cut.trimEnd() + end;
}
