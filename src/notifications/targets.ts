import { createHash } from 'node:crypto';
import { isTarget, NO_ELEMENT, type Channel, type ChannelTarget, type TargetDecision } from './channel';
import { MOST_TARGETS } from './domain/bounds';
import type { Notice } from './notice';

/** What a channel says of a notice: whom it tells, and who hears nothing and why. */
export type Decisions = readonly TargetDecision<unknown>[];

/** Planning and delivering ask for the same within milliseconds. A notice is forgotten within half a minute. */
const asked = new WeakMap<Notice, Map<Channel, Decisions | Promise<Decisions>>>();

/**
 * Who is to be told of a notice by a channel. A promise only when the channel gave one: most of them need not wait.
 *
 * @throws whatever the channel throws
 */
export function decisionsOf(channel: Channel, notice: Notice): Decisions | Promise<Decisions> {
  const ofNotice = asked.get(notice) ?? new Map<Channel, Decisions | Promise<Decisions>>();
  asked.set(notice, ofNotice);
  const known = ofNotice.get(channel);
  if (known) return known;
  const said = channel.targets(notice);
  const decisions = said instanceof Promise ? said.then(bounded) : bounded(said);
  ofNotice.set(channel, decisions);
  // What could not be read now may be read in a moment.
  if (decisions instanceof Promise) decisions.catch(() => ofNotice.delete(channel));
  return decisions;
}

/**
 * Of what the config names the first {@link MOST_TARGETS}, and that there is more. What the channel tells anyway (the
 * operator's urls, say) is not counted: no config can crowd it out.
 */
function bounded(decisions: Decisions): Decisions {
  const named = decisions.filter((decision) => isTarget(decision) && decision.element !== NO_ELEMENT);
  const first = named[MOST_TARGETS];
  if (first === undefined) return decisions;
  const tooMany = new Set(named.slice(MOST_TARGETS));
  const silent = `more than ${MOST_TARGETS} are named: the others are not told`;
  return [...decisions.filter((decision) => !tooMany.has(decision)), { element: first.element, silent }];
}

/** Recognises a target again without storing it: targets may hold secrets. */
export function fingerprint(target: ChannelTarget<unknown>): string {
  return createHash('sha256').update(target.key).digest('hex').slice(0, 32);
}

/** The target that a stored delivery was planned for, if the channel still names it. */
export function findTarget(decisions: Decisions, element: number, print: string): ChannelTarget<unknown> | undefined {
  return decisions.find(
    (decision): decision is ChannelTarget<unknown> =>
      isTarget(decision) && decision.element === element && fingerprint(decision) === print,
  );
}
