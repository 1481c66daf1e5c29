import { nickCandidates } from './nicks';
import { lasting, passing } from './problem';
import { rejectionOf, type ServerMessage } from './replies';
import type { IrcServer, Limits } from './server';
import { pause, within } from './waiting';
import type { Wire } from './wire';

/** ERR_NICKNAMEINUSE, ERR_NICKCOLLISION, ERR_UNAVAILRESOURCE. */
const NICK_TAKEN: ReadonlySet<string> = new Set(['433', '436', '437']);
const NICK_INVALID = '432';
const WELCOME = '001';
const LOGGED_IN = '900';
const NO_SUCH_NICK = '401';

/**
 * Waits until the server has let us in, under the wished nick or, when that is taken, one like it, and makes us known to
 * NickServ.
 *
 * @throws IrcProblem when the server does not let us in.
 */
export async function register(wire: Wire, server: IrcServer, limits: Limits): Promise<void> {
  await within(limits.registrationMs, wire.orEnd(welcome(wire, server)), 'the server did not let Hub in in time');
  if (server.nickservPassword !== null) await identify(wire, server.nick, server.nickservPassword, limits);
}

function welcome(wire: Wire, server: IrcServer): Promise<void> {
  const [, ...others] = nickCandidates(server.nick);
  let tried = 0;
  return new Promise((resolve, reject) => {
    const forget = wire.hear((message) => {
      const { command } = message;
      if (command === WELCOME) return settle(resolve);
      const rejection = rejectionOf(message);
      if (rejection !== null) return settle(() => reject(rejection));
      if (command === NICK_INVALID && tried === 0) {
        return settle(() => reject(lasting('the server does not take the nick (IRC 432)')));
      }
      if (!NICK_TAKEN.has(command) && command !== NICK_INVALID) return;
      const next = others[tried++];
      if (next === undefined) return settle(() => reject(passing('the nick and all like it are taken')));
      wire.changeNick(next);
    });
    const settle = (how: () => void): void => {
      forget();
      how();
    };
  });
}

/** A channel may be for registered nicks, so NickServ's answer is waited for; many servers have no NickServ. */
async function identify(wire: Wire, nick: string, password: string, limits: Limits): Promise<void> {
  const waited = new AbortController();
  const forget = wire.hear((message) => {
    if (isAnswer(message)) waited.abort();
  });
  const account = wire.same(wire.nick, nick) ? '' : `${nick} `;
  await wire.send(`PRIVMSG NickServ :IDENTIFY ${account}${password}`, new AbortController().signal);
  await wire.orEnd(pause(limits.nickservMs, waited.signal).catch(() => undefined));
  forget();
}

function isAnswer({ command, nick, params }: ServerMessage): boolean {
  if (command === 'NOTICE') return nick.toLowerCase() === 'nickserv';
  return command === LOGGED_IN || (command === NO_SUCH_NICK && params[1]?.toLowerCase() === 'nickserv');
}
