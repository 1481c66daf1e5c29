import { isFinished, type Result } from '../../contracts/states';
import type { ReportedTimes, Timed } from './build-machine';
import { matrixFinished, matrixResult, type MatrixJob } from './matrix';
import { finishApplies } from './order';

/** Starts a stage with its first job (states.md §3). @returns whether it changed */
export function startStage(stage: Timed, times: ReportedTimes, now: Date): boolean {
  if (stage.state !== 'created') return false;
  stage.state = 'started';
  stage.startedAt ??= times.startedAt ?? now;
  return true;
}

/**
 * Ends a stage whose jobs are over.
 *
 * @param jobs the stage's own jobs
 * @param reported what the job that ended last reported
 * @returns whether the build is to hear of it: also when a job that need not pass ends after its stage did
 */
export function finishStage(
  stage: Timed,
  jobs: readonly MatrixJob[],
  fastFinish: boolean,
  reported: Result,
  times: ReportedTimes,
): boolean {
  if (!finishApplies(stage.state, reported) || !matrixFinished(jobs, fastFinish)) return false;
  stage.state = matrixResult(jobs);
  stage.startedAt ??= times.startedAt ?? null;
  stage.finishedAt ??= times.finishedAt ?? null;
  return true;
}

/** Cancels a stage when its last open job was canceled; a stage that is over stays as it is (fixes B11). */
export function cancelStage(stage: Timed, jobs: readonly MatrixJob[], fastFinish: boolean, now: Date): boolean {
  if (isFinished(stage.state) || !matrixFinished(jobs, fastFinish)) return false;
  stage.state = 'canceled';
  stage.finishedAt = now;
  return true;
}

/** Puts a stage back to the start. */
export function restartStage(stage: Timed): void {
  stage.state = 'created';
  stage.startedAt = stage.finishedAt = null;
}
