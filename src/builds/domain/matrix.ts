import { isFinished, type JobState, type Result } from '../../contracts/states';

/** A job as far as the roll-up looks at it. */
export interface MatrixJob {
  readonly state: JobState;
  readonly allowFailure: boolean;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Worst first: one canceled job makes the whole canceled, one errored job errored, and so on (states.md §4.1). */
const WORST_FIRST: readonly Result[] = ['canceled', 'errored', 'failed', 'passed'];

/**
 * Whether a group of jobs is over: all are, or, with fast_finish, all that are required are. A group in which no job
 * is required is never over early (ruling on B8).
 */
export function matrixFinished(jobs: readonly MatrixJob[], fastFinish: boolean): boolean {
  if (jobs.every((job) => isFinished(job.state))) return true;
  const required = jobs.filter((job) => !job.allowFailure);
  return fastFinish && required.length > 0 && required.every((job) => isFinished(job.state));
}

/**
 * The result of a group of jobs that is over: the worst result of a required job, `passed` when none is required.
 *
 * @throws Error when a required job is still open, which is a bug in the caller.
 */
export function matrixResult(jobs: readonly MatrixJob[]): Result {
  const required = jobs.filter((job) => !job.allowFailure);
  const open = required.find((job) => !isFinished(job.state));
  if (open) throw new Error(`a required job is still ${open.state}: the group has no result yet`);
  return WORST_FIRST.find((result) => required.some((job) => job.state === result)) ?? 'passed';
}

/**
 * Sum over all jobs of the whole seconds they ran; a job that lacks a time counts 0. Null while the group is not over
 * or when it has no jobs. May be negative when clocks differ.
 */
export function matrixDuration(jobs: readonly MatrixJob[], fastFinish: boolean): number | null {
  if (jobs.length === 0 || !matrixFinished(jobs, fastFinish)) return null;
  return jobs.reduce((sum, job) => sum + seconds(job), 0);
}

function seconds({ startedAt, finishedAt }: MatrixJob): number {
  if (startedAt === null || finishedAt === null) return 0;
  return Math.trunc((finishedAt.getTime() - startedAt.getTime()) / 1000);
}
