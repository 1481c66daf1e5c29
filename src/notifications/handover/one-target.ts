import { NO_ELEMENT, type ChannelTarget } from '../channel';

/** The target of a service that is told once of each event, whatever the build's config says. */
export function oneTarget(name: string, orderKey?: string): ChannelTarget<null>[] {
  const order = orderKey === undefined ? {} : { orderKey };
  return [{ element: NO_ELEMENT, key: name, display: `${name} (by Redis)`, ...order, target: null }];
}
