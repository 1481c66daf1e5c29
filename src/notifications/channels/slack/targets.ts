import {
  decisionsOfElement,
  isPullRequest,
  readParts,
  revealElements,
  textValues,
  urlTarget,
  wantsPullRequests,
  type ChannelSecrets,
  type Notice,
  type RevealedElement,
  type TargetDecision,
} from '../../channel';
import { readRoom, type Room } from './rooms';

/** One room, and the options written beside it. */
export interface SlackTarget {
  readonly room: Room;
  readonly settings: RevealedElement['settings'];
}

const KEYS = { section: ['slack'], targets: ['rooms', 'room'], namedOnly: true } as const;

const MALFORMED = 'a room is neither account:token#channel nor the url of an incoming webhook';

/** The rooms of every entry that wants to hear of the event; of all others, why they stay silent. */
export async function slackTargets(
  notice: Notice,
  secrets: ChannelSecrets,
): Promise<readonly TargetDecision<SlackTarget>[]> {
  const { wanted, silent } = await revealElements(notice, KEYS, secrets);
  return [...silent, ...wanted.flatMap((element) => roomsOf(element, notice))];
}

function roomsOf({ index, settings, named }: RevealedElement, notice: Notice): TargetDecision<SlackTarget>[] {
  if (isPullRequest(notice.facts) && !wantsPullRequests(settings)) {
    return [{ element: index, silent: 'on_pull_requests is off' }];
  }
  const { found, reasons } = readParts(named, textValues);
  const rooms = found.map(({ target, encrypted }) => ({ room: readRoom(target), encrypted }));
  const targets = rooms.flatMap(({ room, encrypted }) => {
    if (room === null) return [];
    return [
      urlTarget(notice, { element: index, ...room, hidden: encrypted && 'encrypted', target: { room, settings } }),
    ];
  });
  return decisionsOfElement(
    index,
    targets,
    rooms.some(({ room }) => room === null) ? [...reasons, MALFORMED] : reasons,
  );
}
