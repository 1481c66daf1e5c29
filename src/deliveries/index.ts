/**
 * Deliveries: everything that has to happen outside the database, each a row with its attempts and outcome.
 *
 * Exposes `Deliverers` (who carries a channel out), `DeliveryQueue` (wakes the loop), `SideEffectLog` for the
 * transaction that decides on one, and `DeliveryDesk` for a person who looks at deliveries and has them made again.
 */
export { DeliveriesModule, DeliveryRowsModule } from './deliveries.module';
export { Deliverers } from './deliverers';
export { DeliveryDesk, type RetryAnswer } from './delivery-desk';
export type { DeliveryAttempt, DeliveryFilter, DeliverySummary, DeliveryWhole } from './delivery-view';
export { DeliveryQueue } from './delivery-queue';
export { SideEffectLog } from './side-effect-log';
