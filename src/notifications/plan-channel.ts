import { NOT_PLANNED } from '../contracts/delivery';
import { classifyFailure } from '../database';
import { logger } from '../logging';
import { isTarget, type Channel, type ChannelTarget } from './channel';
import { shortText } from './domain/short-text';
import type { Notice } from './notice';
import type { PlannedDelivery, Silence } from './plan-store';
import { decisionsOf, fingerprint, type Decisions } from './targets';

const log = logger.child({ component: 'planner' });

/** What a channel makes of a notice. */
export interface Plan {
  readonly deliveries: readonly PlannedDelivery[];
  readonly silences: readonly Silence[];
}

const MOST_ELEMENTS = 1_000_000;
/** Of an order key or a destination, in characters: an index cannot hold much more. */
const LONGEST_KEY = 500;
/** Kept of what is shown of a target, in characters. */
const LONGEST_DISPLAY = 1_000;
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
    const { element } = decision;
    if (!Number.isInteger(element) || Math.abs(element) > MOST_ELEMENTS) {
      deliveries.push({ ...common, ...notPlanned(0, 'its element must be the index of an entry, or NO_ELEMENT') });
    } else if (isTarget(decision)) {
      deliveries.push({ ...common, ...deliveryTo(decision, channel) });
    } else {
      silences.push({ ...common, element, reason: storable(decision.silent) });
    }
  }
  return { deliveries, silences };
}

type Row = Omit<PlannedDelivery, 'eventId' | 'channel'>;

/** What cannot be stored would keep everything else from being stored with it: the row then says so instead. */
function deliveryTo(target: ChannelTarget<unknown>, { name, latestOnly = false }: Channel): Row {
  const { element, key, display, orderKey, destination } = target;
  if (latestOnly && orderKey === undefined) return notPlanned(element, 'it has no orderKey, which latestOnly needs');
  if ([key, display, orderKey ?? '', destination ?? ''].some((text) => typeof text !== 'string')) {
    return notPlanned(element, 'its key, display, orderKey and destination must be texts');
  }
  if ([display, orderKey ?? '', destination ?? ''].some((text) => text !== clean(text))) {
    return notPlanned(element, 'its display, orderKey or destination holds a NUL byte or half a character');
  }
  if ((orderKey ?? '').length > LONGEST_KEY || (destination ?? '').length > LONGEST_KEY) {
    return notPlanned(
      element,
      `its orderKey or destination is longer than ${LONGEST_KEY} characters: use a hash of it`,
    );
  }
  return {
    element,
    fingerprint: fingerprint(target),
    display: shortText(display, LONGEST_DISPLAY),
    orderKey: orderKey === undefined ? null : `${name}/${orderKey}`,
    destination: destination ?? null,
    latestOnly,
    problem: null,
  };
}

function notPlanned(element: number, why: string): Row {
  const problem = storable(`planning failed: a target cannot be kept, ${why}`);
  return { ...NOBODY, element, problem };
}

const NOBODY: Row = {
  element: 0,
  fingerprint: NOT_PLANNED,
  display: 'unknown',
  orderKey: null,
  destination: null,
  latestOnly: false,
  problem: null,
};

function failed(channel: Channel, notice: Notice, error: unknown): Plan {
  log.error({ err: error, channel: channel.name, event: notice.event.id }, 'a channel could not plan an event');
  const problem = storable(`planning failed: ${error instanceof Error ? error.message : String(error)}`);
  return { deliveries: [{ ...NOBODY, eventId: notice.event.id, channel: channel.name, problem }], silences: [] };
}

function storable(text: unknown): string {
  return clean(typeof text === 'string' ? text.slice(0, KEPT_REASON) : 'no reason given');
}

function clean(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
