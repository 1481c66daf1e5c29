import { NOT_PLANNED } from '../contracts/delivery';
import { classifyFailure } from '../database';
import { logger } from '../logging';
import { isTarget, type Channel, type ChannelTarget } from './channel';
import type { Notice } from './notice';
import type { PlannedDelivery } from './plan-store';
import { decisionsOf, fingerprint, type Decisions } from './targets';

const log = logger.child({ component: 'planner' });

/**
 * The deliveries that a channel makes of a notice; a promise only when the channel has to read first.
 *
 * A channel that fails to plan must neither hold up the others nor be forgotten: one row says so.
 *
 * @param patient whether what may pass, such as a database that does not answer a reader, is thrown, so that all of it
 *   is planned again; otherwise it fails like all else
 */
export function planChannel(
  channel: Channel,
  notice: Notice,
  patient: boolean,
): PlannedDelivery[] | Promise<PlannedDelivery[]> {
  try {
    const decisions = decisionsOf(channel, notice);
    if (!(decisions instanceof Promise)) return rowsOf(channel, notice, decisions);
    return decisions
      .then((read) => rowsOf(channel, notice, read))
      .catch((error: unknown) => {
        if (patient && classifyFailure(error) !== 'permanent') throw error;
        return failed(channel, notice, error);
      });
  } catch (error) {
    return failed(channel, notice, error);
  }
}

function rowsOf(channel: Channel, notice: Notice, decisions: Decisions): PlannedDelivery[] {
  return decisions.filter(isTarget).map((target) => {
    const { element, display, orderKey } = checked(target, channel);
    return {
      eventId: notice.event.id,
      channel: channel.name,
      element,
      fingerprint: fingerprint(target),
      display,
      orderKey: orderKey === undefined ? null : `${channel.name}/${orderKey}`,
      problem: null,
    };
  });
}

/** @throws Error for what cannot be stored, and would keep everything else from being stored with it */
function checked(target: ChannelTarget<unknown>, { latestOnly }: Channel): ChannelTarget<unknown> {
  const { element, key, display, orderKey, destination = '' } = target;
  if (!Number.isInteger(element) || Math.abs(element) > 1_000_000) throw new Error('a target has no usable element');
  if (latestOnly === true && orderKey === undefined)
    throw new Error('a target has no orderKey, which latestOnly needs');
  for (const text of [key, display, orderKey ?? '', destination]) {
    if (typeof text !== 'string')
      throw new Error('a target has a key, display, orderKey or destination that is no text');
    if (text.includes('\u0000') || !text.isWellFormed()) {
      throw new Error('a target holds a NUL byte or half a character, which cannot be stored');
    }
  }
  return target;
}

function failed(channel: Channel, notice: Notice, error: unknown): PlannedDelivery[] {
  log.error({ err: error, channel: channel.name, event: notice.event.id }, 'a channel could not plan an event');
  const reason = error instanceof Error ? error.message : String(error);
  const problem = `planning failed: ${reason}`.replaceAll('\u0000', '').toWellFormed().slice(0, 500);
  const common = { eventId: notice.event.id, channel: channel.name, element: 0, fingerprint: NOT_PLANNED };
  return [{ ...common, display: 'unknown', orderKey: null, problem }];
}
