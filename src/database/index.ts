/**
 * The database: one data source, its migrations, transactions, and how errors and times are read.
 * Consumes the configuration. Publishes nothing. Exposes what is below; entities live with the modules that own them.
 */
export { checkSchema } from './check-schema';
export { ConnectionModule } from './connection.module';
export { DatabaseModule } from './database.module';
export { DatabaseNeverReadyError, DatabaseState } from './database-state';
export { classifyFailure, describeFailure, type Failure } from './errors';
export { migrate, pendingMigrations } from './migrate';
export { togetherOrAlone } from './together-or-alone';
export { parseTimestamp, timestampText } from './time';
export { Statements } from './statements';
export { QUICK_LIMITS, type TransactionLimits } from './settings';
export { Transactions, type Tx } from './transaction';
