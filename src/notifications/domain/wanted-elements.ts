import type { ToldEvent } from '../../contracts/event';
import { channelElements, type ConfigElement, type ConfigKeys } from './channel-config';
import { decideSend, type FrequencyDefaults, type Moment } from './when-to-send';

/**
 * The entries of a channel's config that are switched on and want to hear of this event: where most channels start.
 *
 * @param config the build's whole config.
 * @param defaults what holds when an entry says nothing; usually `USUAL_FREQUENCIES`.
 */
export function wantedElements(
  event: ToldEvent,
  config: Readonly<Record<string, unknown>>,
  keys: ConfigKeys,
  defaults?: FrequencyDefaults,
): ConfigElement[] {
  const moment = momentOf(event);
  return channelElements(config, keys).filter(
    ({ enabled, settings }) => enabled && decideSend(moment, settings, defaults).send,
  );
}

/** The part of an event that decides whether it is told. */
export function momentOf(event: ToldEvent): Moment {
  const { state, previous_state: previousState } = event.snapshot.build;
  return { event: event.name, state, previousState };
}
