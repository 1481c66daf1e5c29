/**
 * Sweeper: housekeeping by the clock. Deletes events, deliveries and memories that were kept long enough, and gives up
 * jobs of which nothing was heard for hours.
 *
 * Consumes nothing; brings commands to the intake. Exposes its module, and what it does for tests and tools.
 */
export { Reconciler, type ReconcilerPass } from './reconciler';
export { Retention } from './retention';
export { StaleJobs, type StalePass } from './stale-jobs';
export { SweeperModule } from './sweeper.module';
