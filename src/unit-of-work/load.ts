import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import { findBuildsOf, findOvertakenBuilds, loadBuilds, lockBuilds } from './load-builds';
import { loadGuards } from './load-guards';
import { loadJobs } from './load-jobs';
import { lockRepositories } from './load-repositories';
import type { UnitOfWork } from './unit-of-work';

/**
 * Locks and loads everything the commands may touch, set-wise and always in the same order: builds, repositories,
 * jobs, each by id (D1). What is read beside the locked rows is read by later statements, so it is as fresh as they are.
 * Everything after the builds goes out at once, in this order, and takes one round trip.
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

  const [buildOf, builds] = await Promise.all([findBuildsOf(tx, jobIds), lockBuilds(tx, jobIds, buildIds)]);
  const loadedIds = builds.map((row) => row.id);
  if (loadedIds.length === 0) return;
  await Promise.all([
    lockRepositories(tx, uow, commands, builds),
    loadJobs(tx, uow, { commands, builds, buildOf, alsoLock }),
    loadBuilds(tx, uow, builds),
    loadGuards(tx, uow, commands),
    findOvertakenBuilds(tx, uow, commands, loadedIds),
  ]);
}
