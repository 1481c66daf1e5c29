/**
 * The event bus and the event log.
 *
 * Exposes `EventBus` (publish, signal, onCommitted), `@InTransaction` for subscribers inside the transaction, and
 * `EventLog`, which writes what was published.
 */
export { EventBus } from './bus';
export { EventLog, type AppendedRow } from './event-log';
export { EventsModule } from './events.module';
export {
  InTransaction,
  type BuildCommanded,
  type BuildEvent,
  type BuildReconciled,
  type CommandContext,
  type InTransactionEvents,
  type JobEvent,
  type StageFailed,
} from './in-transaction';
