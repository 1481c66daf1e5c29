import type { Command } from '../contracts/command';
import type { Tx } from '../database/transaction';
import { buildState, findBuildsOf, findOvertakenBuilds, loadBuilds, lockBuilds, type BuildRow } from './load-builds';
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
  const reached = reachedBuilds(commands, builds, buildOf);
  const changing = builds.filter(({ id }) => reached.has(id) || buildIds.includes(id));
  await Promise.all([
    lockRepositories(tx, uow, changing),
    loadJobs(tx, uow, { commands, builds, buildOf, reached, alsoLock }),
    loadBuilds(tx, uow, builds),
    loadGuards(tx, uow, commands),
    findOvertakenBuilds(tx, uow, commands, loadedIds),
  ]);
}

/** Builds that a command for one of their jobs may change: every end of a job, and the first start. */
function reachedBuilds(
  commands: readonly Command[],
  builds: readonly BuildRow[],
  buildOf: ReadonlyMap<number, number>,
): ReadonlySet<number> {
  const states = new Map(builds.map(({ id, state }) => [id, buildState(state)]));
  const reached = new Set<number>();
  for (const { subject, name, id } of commands) {
    const build = subject === 'job' ? buildOf.get(id) : undefined;
    const state = build === undefined ? undefined : states.get(build);
    if (build === undefined || state === undefined) continue;
    if (name === 'receive' || (name === 'start' && state !== 'created')) continue;
    reached.add(build);
  }
  return reached;
}
