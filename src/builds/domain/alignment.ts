import { isFinished, type BuildState } from '../../contracts/states';
import type { ReportedTimes, Timed } from './build-machine';
import { matrixFinished, matrixResult, type MatrixJob } from './matrix';

/** What a stage or build must be, going by its jobs, when it is not that. */
export type Misalignment = 'ended' | 'open';

/**
 * Compares a stage or build with its jobs, which are what workers report and so what holds.
 *
 * @returns `ended` when all that decide have ended but it has not; `open` when it has ended although a job that decides
 *   is still open; null when they agree, or when it has no jobs to go by
 */
export function misalignment(state: BuildState, jobs: readonly MatrixJob[], fastFinish: boolean): Misalignment | null {
  if (jobs.length === 0) return null;
  const over = matrixFinished(jobs, fastFinish);
  if (over === isFinished(state)) return null;
  return over ? 'ended' : 'open';
}

/** Ends a stage or puts it back to what its jobs are. @returns whether it changed */
export function alignStage(stage: Timed, jobs: readonly MatrixJob[], fastFinish: boolean, now: Date): boolean {
  switch (misalignment(stage.state, jobs, fastFinish)) {
    case null:
      return false;
    case 'ended': {
      const { startedAt, finishedAt } = span(jobs, now);
      stage.state = matrixResult(jobs);
      stage.startedAt ??= startedAt ?? null;
      stage.finishedAt ??= finishedAt ?? null;
      return true;
    }
    case 'open':
      stage.state = hasBegun(jobs) ? 'started' : 'created';
      if (stage.state === 'created') stage.startedAt = null;
      stage.finishedAt = null;
      return true;
  }
}

/** Whether any of the jobs has been at work. */
export function hasBegun(jobs: readonly MatrixJob[]): boolean {
  return jobs.some(({ state }) => state === 'started' || isFinished(state));
}

/** From the first start to the last end of the jobs; what ended without a time ended now. */
export function span(jobs: readonly MatrixJob[], now: Date): ReportedTimes {
  const starts = jobs.flatMap(({ startedAt }) => startedAt?.getTime() ?? []);
  const ends = jobs.flatMap(({ finishedAt }) => finishedAt?.getTime() ?? []);
  return {
    receivedAt: undefined,
    startedAt: starts.length > 0 ? new Date(Math.min(...starts)) : undefined,
    finishedAt: ends.length > 0 ? new Date(Math.max(...ends)) : now,
  };
}
