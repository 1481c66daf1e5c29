/**
 * Notifications: telling people.
 *
 * Consumes logged events after their commit. Publishes nothing. Exposes its module and the channel contract.
 */
import { findChannels, variablesOf } from './load-channels';

export type * from './channel';
export { Channels } from './channels';
export { NotificationsModule } from './notifications.module';

/**
 * The environment variables that channels declare themselves, by channel name: parsed with all others at boot.
 *
 * @param packages npm packages that bring channels, by the channels' names
 * @throws ChannelError for a channel that cannot be loaded
 */
export function channelVariables(packages: Readonly<Record<string, string>> = {}): ReturnType<typeof variablesOf> {
  return variablesOf(findChannels(undefined, packages));
}
