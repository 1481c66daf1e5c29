/**
 * Sweeper: housekeeping by the clock. Deletes events, deliveries and memories that were kept long enough.
 *
 * Consumes and publishes nothing. Exposes its module, and `Retention` for tests and tools.
 */
export { Retention } from './retention';
export { SweeperModule } from './sweeper.module';
