import type { ToldEvent } from '../../contracts/event';
import { channelElements, type ConfigElement, type ConfigKeys } from './channel-config';
import { decideSend, type FrequencyDefaults, type Moment } from './when-to-send';

/** The entries of a channel's config, by whether they want to hear of an event. */
export interface ElementDecisions {
  readonly wanted: readonly ConfigElement[];
  /** Those that are written down and want nothing of it, each with the reason. */
  readonly silent: readonly { readonly element: number; readonly silent: string }[];
}

/**
 * Which entries of a channel's config are switched on and want to hear of this event, and why the others do not: where
 * most channels start.
 *
 * An entry that nobody wrote (the config does not mention the channel) is wanted or left out, but never silent: there is
 * nobody who could ask why, unless the keys say that the channel tells people anyway.
 *
 * @param config the build's whole config.
 * @param defaults what holds when an entry says nothing; usually `USUAL_FREQUENCIES`.
 */
export function decideElements(
  event: ToldEvent,
  config: Readonly<Record<string, unknown>>,
  keys: ConfigKeys,
  defaults?: FrequencyDefaults,
): ElementDecisions {
  const moment = momentOf(event);
  const wanted: ConfigElement[] = [];
  const silent: { element: number; silent: string }[] = [];
  for (const element of channelElements(config, keys)) {
    const { send, reason } = element.enabled
      ? decideSend(moment, element.settings, defaults)
      : { send: false, reason: 'switched off in the config' };
    if (send) wanted.push(element);
    else if (element.written || keys.unasked === true) silent.push({ element: element.index, silent: reason });
  }
  return { wanted, silent };
}

/** Only the entries that want to hear of this event: {@link decideElements}. */
export function wantedElements(
  event: ToldEvent,
  config: Readonly<Record<string, unknown>>,
  keys: ConfigKeys,
  defaults?: FrequencyDefaults,
): readonly ConfigElement[] {
  return decideElements(event, config, keys, defaults).wanted;
}

/** The part of an event that decides whether it is told. */
export function momentOf(event: ToldEvent): Moment {
  const { state, previous_state: previousState } = event.snapshot.build;
  return { event: event.name, state, previousState };
}
