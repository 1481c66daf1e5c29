import { lasting, passing, type IrcProblem } from './problem';

/** A message of the server, as irc-framework reads it. */
export interface ServerMessage {
  readonly command: string;
  readonly nick: string;
  readonly params: readonly string[];
}

/** Answers about a channel that may be another one in a while. All other errors about it are there to stay. */
const PASSING: ReadonlySet<string> = new Set([
  '405', // ERR_TOOMANYCHANNELS
  '407', // ERR_TOOMANYTARGETS
  '437', // ERR_UNAVAILRESOURCE: after a netsplit
  '439', // ERR_TARGETTOOFAST
  '442', // ERR_NOTONCHANNEL
  '471', // ERR_CHANNELISFULL
  '500', // ERR_TOOMANYJOINS
]);

const MEANING: Readonly<Record<string, string>> = {
  401: 'there is no such channel',
  403: 'there is no such channel',
  404: 'the channel does not let Hub speak',
  405: 'Hub is in as many channels as the server allows',
  470: 'the channel sends everybody on to another one',
  471: 'the channel is full',
  473: 'the channel is for invited people only',
  474: 'Hub is banned from the channel',
  475: 'the channel has a key, and the config gives none or another',
  477: 'the channel is for registered nicks only',
  489: 'the channel takes TLS connections only: write ircs://',
};

/**
 * What a message of the server says against writing to a channel.
 *
 * @param isChannel whether a name is the channel's, as servers compare names.
 * @param identified true when Hub has a NickServ password: then a channel for registered nicks may open up later.
 * @returns null when it says nothing of that kind.
 */
export function refusalOf(
  { command, params }: ServerMessage,
  isChannel: (name: string) => boolean,
  identified: boolean,
): IrcProblem | null {
  const isError = /^[45]\d\d$/.test(command);
  // The first parameter is our nick, the last one words for people; in between stands what it is about.
  if (!isError || !params.slice(1, -1).some(isChannel)) return null;
  const reason = `${MEANING[command] ?? 'the server refuses the channel'} (IRC ${command})`;
  return PASSING.has(command) || (command === '477' && identified) ? passing(reason) : lasting(reason);
}

/**
 * What a message of the server says against Hub's coming in at all.
 *
 * @returns null when it says nothing of that kind; a taken nick is no such thing, as there are others.
 */
export function rejectionOf({ command }: ServerMessage): IrcProblem | null {
  switch (command) {
    case '463': // ERR_NOPERMFORHOST
    case '465': // ERR_YOUREBANNEDCREEP
      return lasting(`the server does not let this host in (IRC ${command})`);
    case '464': // ERR_PASSWDMISMATCH
      return lasting('the server wants a password, and the config gives none or another (IRC 464)');
    default:
      return null;
  }
}
