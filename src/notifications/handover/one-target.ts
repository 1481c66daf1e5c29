import { NO_ELEMENT, type ChannelTarget } from '../channel';

/**
 * The target of a service that is told once of each event, whatever the build's config says.
 *
 * @param options.by how it is told, for people; by Redis unless said otherwise
 */
export function oneTarget(name: string, options: { orderKey?: string; by?: string } = {}): ChannelTarget<null>[] {
  const { by = 'Redis', ...order } = options;
  return [{ element: NO_ELEMENT, key: name, display: `${name} (by ${by})`, ...order, target: null }];
}
