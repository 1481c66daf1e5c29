import { isFinished } from '../../src/contracts/states';
import { anything, exactly, oneOf, unchanged, type Expectation } from './expectation';
import type { Broadcast, JobName, Rows, Step } from './vector';

/**
 * What Hub does where it knowingly differs from the recording. Each rule answers with what must be there instead, so
 * that `may_differ` opens a path for our own behaviour and not for any behaviour.
 */

/** The rows before the step as they really were, and after it. */
export interface RowsAround {
  readonly before: Rows;
  readonly after: Rows;
}

/** True when the path or one that contains it is listed. */
export function mayDiffer(step: Step, path: string): boolean {
  return (step.may_differ ?? []).some((listed) => path === listed || path.startsWith(`${listed}.`));
}

/**
 * A value of the rows at a path that may differ.
 *
 * @param recorded what would be expected if the path were not listed; B17 leaves that open
 */
export function expectDeviatingRow(
  step: Step,
  path: string,
  recorded: Expectation,
  { before, after }: RowsAround,
): Expectation {
  const [table, key, column] = path.replace(/^after\./, '').split('.');
  const job = table === 'jobs' ? after.jobs[Number(key)] : undefined;
  // B26 and B12: no finished job, however it finished, keeps its queueable row.
  if (job && column === 'queueable' && isFinished(job.state)) return exactly(false);
  // B12: a job that the cascade canceled says when.
  if (job && column === 'canceled_at_set' && job.state === 'canceled') return exactly(true);
  if (job) return recorded;
  // B7: the result of a finished build stays as it was.
  if (table === 'build' && key) return unchanged(before.build[key as keyof Rows['build']]);
  if (table === 'repository' && key)
    return expectRepository(step, key as keyof Rows['repository'], recorded, { before, after });
  return anything;
}

/**
 * B17: either everything is written as recorded, or the columns hold what belongs to the repository's last build: what
 * they held before, or that build's own values. B7 reaches the repository only through the build's duration.
 */
function expectRepository(
  step: Step,
  column: keyof Rows['repository'],
  recorded: Expectation,
  { before, after }: RowsAround,
): Expectation {
  const asBefore = unchanged(before.repository[column]);
  const otherBuildEnded = mayDiffer(step, 'after.repository.last_build_state');
  if (!otherBuildEnded) return asBefore;
  const field = column.replace('last_build_', '') as 'state' | 'duration' | 'started_at' | 'finished_at';
  const other = after.other_builds?.[Number(after.repository.last_build?.replace('other:', ''))];
  const lastBuild = after.repository.last_build_is_this ? after.build : other;
  const own = lastBuild && field in lastBuild ? [exactly((lastBuild as Rows['build'])[field])] : [];
  // With B7 the recorded duration is the reference's second one; ours is the first, which the build still has.
  const duration = column === 'last_build_duration' ? [exactly(after.build.duration)] : [];
  return oneOf(recorded, asBefore, ...own, ...duration);
}

/** The dispatched events in their order. */
export function expectEvents(step: Step): Expectation {
  const ours = step.events.map((name) => name.replace(/build:reseted$/, 'build:restarted')); // B16
  if (!mayDiffer(step, 'events')) return exactly(step.events);
  const met = new Set(step.deviations);
  if (met.has('B15')) return onlyOne(ours, 'build:restarted');
  if (met.has('B7')) return exactly(ours.filter((name) => !name.endsWith('build:finished')));
  return met.has('B16') ? exactly(ours) : anything;
}

/** The list with one of the repeated names kept, whichever it is; everything else stays in its place. */
function onlyOne(names: readonly string[], repeated: string): Expectation {
  const positions = names.flatMap((name, index) => (name.endsWith(repeated) ? [index] : []));
  return oneOf(
    ...positions.map((kept) => exactly(names.filter((_, index) => index === kept || !positions.includes(index)))),
  );
}

/** The cancel broadcasts to the workers. */
export function expectBroadcasts(step: Step, rows: RowsAround): Expectation {
  if (!mayDiffer(step, 'broadcasts')) return exactly(step.broadcasts);
  const met = new Set(step.deviations);
  const told = met.has('B30') ? atMostOnce(step, rows.before) : step.broadcasts;
  if (!met.has('B12')) return exactly(told);
  return toldAlso(told, cascadedAtWork(step, rows));
}

/** B30: one broadcast per job and message; for a canceled build only to jobs that were not finished. */
function atMostOnce(step: Step, before: Rows): Broadcast[] {
  const first = step.broadcasts.filter(
    (broadcast, index, all) => all.findIndex(({ job }) => job === broadcast.job) === index,
  );
  return step.type === 'build:cancel' ? first.filter(({ job }) => !wasFinished(before, job)) : first;
}

/** B12: the jobs that the cascade canceled while a worker had them or was about to. */
function cascadedAtWork(step: Step, { before, after }: RowsAround): number[] {
  return after.jobs.flatMap((job, index) => {
    const earlier = before.jobs[index]?.state ?? 'created';
    const canceled = job.state === 'canceled' && !isFinished(earlier);
    const isCause = step.other_build === undefined && step.job === index;
    return canceled && !isCause && earlier !== 'created' ? [index] : [];
  });
}

/** The given broadcasts and one for each of these jobs, with a reason in any words; their order is nobody's promise. */
function toldAlso(told: readonly Broadcast[], jobs: readonly number[]): Expectation {
  const wanted = [...told.map(({ job }) => job), ...jobs].map(String).sort();
  return {
    text: `${JSON.stringify(told)} and one for each of the jobs ${JSON.stringify(jobs)}, in any order`,
    accepts: (value) => {
      const got = value as readonly Broadcast[];
      const sameJobs =
        got
          .map(({ job }) => String(job))
          .sort()
          .join() === wanted.join();
      const sameReasons = told.every(({ job, reason }) => got.some((one) => one.job === job && one.reason === reason));
      return sameJobs && sameReasons && got.every(({ reason }) => reason.trim() !== '');
    },
  };
}

/** The jobs to whose logs the last words were appended. */
export function expectLogParts(step: Step, { before }: RowsAround): Expectation {
  const recorded = step.log_parts ?? [];
  if (!mayDiffer(step, 'log_parts')) return exactly(recorded);
  return exactly(recorded.filter((job) => !wasFinished(before, job))); // B13
}

function wasFinished(rows: Rows, job: JobName): boolean {
  const row = typeof job === 'number' ? rows.jobs[job] : undefined;
  return row !== undefined && isFinished(row.state);
}
