/**
 * One batch's rows in memory: loaded set-wise under locks, changed by pure decisions, written set-wise.
 *
 * Exposes the records that Jobs and Builds work on, and loading and writing for the batch that drives them.
 */
export { readBuildConfig } from './build-config';
export { ConcurrentChange, prepareWrites } from './prepare-writes';
export { load } from './load';
export type {
  BuildConfig,
  BuildRecord,
  JobRecord,
  JobVersion,
  RepositoryRecord,
  RunRecord,
  SideEffect,
  StageRecord,
} from './records';
export { UnitOfWork, type PendingEvent } from './unit-of-work';
