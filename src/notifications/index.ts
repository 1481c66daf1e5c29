/**
 * Notifications: telling people.
 *
 * Consumes logged events after their commit. Publishes nothing. Exposes its module and the channel contract.
 */
export type * from './channel';
export { Channels } from './channels';
export { NotificationsModule } from './notifications.module';
