import { NOT_PLANNED } from '../contracts/delivery';
import { classifyFailure } from '../database';
import { logger } from '../logging';
import { isTarget, type Channel, type ChannelTarget } from './channel';
import type { Notice } from './notice';
import type { PlannedDelivery, Silence } from './plan-store';
import { decisionsOf, fingerprint, type Decisions } from './targets';

const log = logger.child({ component: 'planner' });

/** What a channel makes of a notice. */
export interface Plan {
  readonly deliveries: readonly PlannedDelivery[];
  readonly silences: readonly Silence[];
}

/** Kept of a reason, in characters. */
const KEPT_REASON = 200;

/**
 * The deliveries that a channel makes of a notice, and who hears nothing and why; a promise only when the channel has to
 * read first.
 *
 * A channel that fails to plan must neither hold up the others nor be forgotten: one row says so.
 *
 * @param patient whether what may pass, such as a database that does not answer a reader, is thrown, so that all of it
 *   is planned again; otherwise it fails like all else
 */
export function planChannel(channel: Channel, notice: Notice, patient: boolean): Plan | Promise<Plan> {
  try {
    const decisions = decisionsOf(channel, notice);
    if (!(decisions instanceof Promise)) return planOf(channel, notice, decisions);
    return decisions
      .then((read) => planOf(channel, notice, read))
      .catch((error: unknown) => {
        if (patient && classifyFailure(error) !== 'permanent') throw error;
        return failed(channel, notice, error);
      });
  } catch (error) {
    return failed(channel, notice, error);
  }
}

function planOf(channel: Channel, notice: Notice, decisions: Decisions): Plan {
  const common = { eventId: notice.event.id, channel: channel.name };
  const deliveries: PlannedDelivery[] = [];
  const silences: Silence[] = [];
  for (const decision of decisions) {
    if (isTarget(decision)) deliveries.push({ ...common, ...deliveryTo(decision, channel) });
    else silences.push({ ...common, element: checkedElement(decision), reason: storable(decision.silent) });
  }
  return { deliveries, silences };
}

function deliveryTo(target: ChannelTarget<unknown>, channel: Channel): Omit<PlannedDelivery, 'eventId' | 'channel'> {
  const { key, display, orderKey, destination } = target;
  if (channel.latestOnly === true && orderKey === undefined) {
    throw new Error('a target has no orderKey, which latestOnly needs');
  }
  for (const text of [key, display, orderKey ?? '', destination ?? '']) check(text);
  return {
    element: checkedElement(target),
    fingerprint: fingerprint(target),
    display,
    orderKey: orderKey === undefined ? null : `${channel.name}/${orderKey}`,
    destination: destination ?? null,
    latestOnly: channel.latestOnly === true,
    problem: null,
  };
}

/** @throws Error for what cannot be stored, and would keep everything else from being stored with it */
function check(text: unknown): void {
  if (typeof text !== 'string') throw new Error('a target has a key, display, orderKey or destination that is no text');
  if (text !== clean(text)) throw new Error('a target holds a NUL byte or half a character, which cannot be stored');
}

function checkedElement({ element }: { readonly element: number }): number {
  if (Number.isInteger(element) && Math.abs(element) <= 1_000_000) return element;
  throw new Error('a target has no usable element: it must be the index of an entry, or NO_ELEMENT');
}

function failed(channel: Channel, notice: Notice, error: unknown): Plan {
  log.error({ err: error, channel: channel.name, event: notice.event.id }, 'a channel could not plan an event');
  const delivery = {
    eventId: notice.event.id,
    channel: channel.name,
    element: 0,
    fingerprint: NOT_PLANNED,
    display: 'unknown',
    orderKey: null,
    destination: null,
    latestOnly: false,
    problem: storable(`planning failed: ${error instanceof Error ? error.message : String(error)}`),
  };
  return { deliveries: [delivery], silences: [] };
}

function storable(text: unknown): string {
  return clean(typeof text === 'string' ? text.slice(0, KEPT_REASON) : 'no reason given');
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
