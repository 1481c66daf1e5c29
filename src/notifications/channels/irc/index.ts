import {
  kinds,
  optional,
  outcomeOfFailure,
  redact,
  renderTemplate,
  templateVariables,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type DeliveryOutcome,
  type Notice,
  type SettingsOf,
} from '../../channel';
import { noticeLines, plainValue } from './lines';
import { isNick } from './nicks';
import { IrcProblem } from './problem';
import { LIMITS, type Limits } from './server';
import { Sessions } from './sessions';
import { ircTargets, type IrcTarget } from './targets';

/** Lines that wait for their turn at a busy server are part of it. */
const TIMEOUT_MS = 60_000;
/** So much of a reason is kept, in characters: part of it may be the server's own words. */
const LONGEST_REASON = 200;

export const variables = {
  nick: optional(
    {
      name: 'HUB_IRC_NICK',
      aliases: ['TRAVIS_IRC_NICK'],
      kind: kinds.text.refine(isNick, 'must be a nick: letters, digits and -_[]{}\\|^`, a letter first'),
      help: 'Who Hub is on IRC, unless a build names another nick. When it is taken, `_` or a number is added.',
      example: 'travis-ci',
    },
    'travis-ci',
  ),
  verify: optional(
    {
      name: 'HUB_IRC_TLS_VERIFY',
      kind: kinds.truth,
      help: 'Whether IRC servers (`ircs://`) need a valid certificate, unless a build says `verify_certificate`.',
      example: 'true',
    },
    true,
  ),
};

/**
 * Speaks in the IRC channels of `notifications.irc` (notifications.md §7), over one connection for each server and nick.
 */
export default function irc(
  { settings, config, sockets, secrets }: ChannelDeps<SettingsOf<typeof variables>>,
  limits: Limits = LIMITS,
): Channel<IrcTarget> {
  const sessions = new Sessions(sockets, limits);
  return {
    name: 'irc',
    events: ['build:finished'],
    timeoutMs: TIMEOUT_MS,
    targets: (notice) => ircTargets(notice, settings, secrets),

    async deliver(notice, target, { signal }) {
      const lines = linesOf(notice, target, config.web.url);
      if (lines.length === 0) return { kind: 'dropped', reason: 'The template leaves nothing to say.' };
      try {
        await sessions.tell(target.server, { ...target, lines }, signal);
        return { kind: 'delivered' };
      } catch (error) {
        return outcomeOf(error, target.secrets);
      }
    },

    close: () => sessions.close(),
  };
}

export const contract: ChannelContract = {
  http: false,
  notifications: (receiverUrl) => {
    const { host, searchParams } = new URL(receiverUrl);
    return { irc: [{ channels: [`irc://${host}#builds`], channel_key: searchParams.get('token') }] };
  },
};

function linesOf(notice: Notice, { templates }: IrcTarget, webUrl: string): string[] {
  const variables = templateVariables(notice, { webUrl });
  return noticeLines(templates, (line) => renderTemplate(line, variables, plainValue));
}

function outcomeOf(error: unknown, secrets: readonly string[]): DeliveryOutcome {
  if (!(error instanceof IrcProblem)) return outcomeOfFailure(error, () => secrets);
  const reason = redact(error.message, secrets).slice(0, LONGEST_REASON);
  if (error.final) return { kind: 'rejected', reason };
  return { kind: 'retry', reason, ...(error.afterMs !== null && { afterMs: error.afterMs }) };
}
