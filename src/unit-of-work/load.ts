import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import { findOvertakenBuilds, loadBuilds, lockBuilds } from './load-builds';
import { loadGuards } from './load-guards';
import { loadJobs } from './load-jobs';
import { lockRepositories } from './load-repositories';
import type { UnitOfWork } from './unit-of-work';

/**
 * Locks and loads everything the commands may touch, set-wise and always in the same order: builds, repositories,
 * jobs, each by id (D1). What is read beside the locked rows is read by later statements, so it is as fresh as they are.
 *
 * @param alsoLock jobs that no command names but that turned out to be written
 */
export async function load(
  tx: Tx,
  uow: UnitOfWork,
  commands: readonly Command[],
  alsoLock: ReadonlySet<number>,
): Promise<void> {
  const jobIds = commands.filter((c) => c.subject === 'job').map((c) => c.id);
  const buildIds = commands.filter((c) => c.subject === 'build').map((c) => c.id);

  const builds = await lockBuilds(tx, jobIds, buildIds);
  const loadedIds = builds.map((row) => row.id);
  if (loadedIds.length === 0) return;
  await lockRepositories(tx, uow, commands, builds);
  await loadJobs(tx, uow, [...jobIds, ...alsoLock], buildIds, loadedIds);
  await loadBuilds(tx, uow, builds);
  await loadGuards(tx, uow, commands);
  await findOvertakenBuilds(tx, uow, commands);
}
