/**
 * Deliveries: everything that has to happen outside the database, each a row with its attempts and outcome.
 *
 * Exposes `Deliverers` (who carries a channel out), `DeliveryQueue` (wakes the loop), and `SideEffectLog` for the
 * transaction that decides on one.
 */
export { DeliveriesModule } from './deliveries.module';
export { Deliverers } from './deliverers';
export { DeliveryQueue } from './delivery-queue';
export { SideEffectLog } from './side-effect-log';
