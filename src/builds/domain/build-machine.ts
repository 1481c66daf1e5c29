import { isFinished, type BuildState, type Result } from '../../contracts/states';
import { matrixDuration, matrixFinished, matrixResult, type MatrixJob } from './matrix';

/** A build or stage as far as its state machine changes it. */
export interface Timed {
  state: BuildState;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface BuildLike extends Timed {
  duration: number | null;
  receivedAt: Date | null;
  canceledAt: Date | null;
  restartedAt: Date | null;
  readonly config: { readonly fastFinish: boolean; readonly broken: boolean };
}

/** The times a job brings along when it reaches its stage and build. */
export interface ReportedTimes {
  readonly receivedAt: Date | null | undefined;
  readonly startedAt: Date | null | undefined;
  readonly finishedAt: Date | null | undefined;
}

/** Starts a build with its first job (states.md §4). @returns whether it changed */
export function startBuild(build: BuildLike, times: ReportedTimes, now: Date): boolean {
  if (build.state !== 'created') return false;
  build.state = 'started';
  build.startedAt ??= times.startedAt ?? now;
  fillBuildTimes(build, times);
  return true;
}

/**
 * Ends a build whose jobs are over. A build that is over already stays as it is (fixes B7).
 *
 * @param stageResult state of the first stage that did not pass, if there is one: it decides
 * @param reported what the job that ended last reported
 * @returns whether it changed
 */
export function finishBuild(
  build: BuildLike,
  jobs: readonly MatrixJob[],
  stageResult: BuildState | undefined,
  reported: Result,
  times: ReportedTimes,
  now: Date,
): boolean {
  if (isFinished(build.state) || !matrixFinished(jobs, build.config.fastFinish)) return false;
  build.state = stageResult ?? matrixResult(jobs);
  build.duration = matrixDuration(jobs, build.config.fastFinish);
  build.startedAt ??= times.startedAt ?? null;
  fillBuildTimes(build, times);
  // Follows the last message, not the build's state, as recorded.
  if (reported === 'canceled') build.canceledAt ??= now;
  return true;
}

/** Cancels a build when its last open job was canceled. @returns whether it changed */
export function cancelBuild(build: BuildLike, jobs: readonly MatrixJob[], now: Date): boolean {
  if (isFinished(build.state) || !matrixFinished(jobs, build.config.fastFinish)) return false;
  build.state = 'canceled';
  build.duration = matrixDuration(jobs, build.config.fastFinish);
  build.finishedAt = now;
  build.canceledAt ??= now;
  return true;
}

/**
 * Puts a build back to the start because one of its jobs starts over. `receivedAt` stays, as recorded (B31).
 *
 * @param restartedAt set for a restart, null for a reset
 * @returns whether it changed; a build whose config is broken cannot
 */
export function restartBuild(build: BuildLike, restartedAt: Date | null): boolean {
  if (restartedAt !== null && build.config.broken) return false;
  build.state = 'created';
  build.duration = build.startedAt = build.finishedAt = build.canceledAt = null;
  if (restartedAt !== null) build.restartedAt = restartedAt;
  return true;
}

/** Fills what is still empty from the job's report; never overwrites. */
export function fillBuildTimes(build: BuildLike, times: ReportedTimes): void {
  build.receivedAt ??= times.receivedAt ?? null;
  build.finishedAt ??= times.finishedAt ?? null;
}
