import { FINISHED } from './story';

/** What must be of builds, worked out from their jobs and nothing else. Independent of src/ on purpose. */

export interface JobOfBuild {
  readonly state: string;
  readonly stage: number | null;
  readonly allowFailure: boolean;
}

const WORST_FIRST = ['canceled', 'errored', 'failed', 'passed'];

/** Whether a state is an end. */
export function isEnd(state: string): boolean {
  return (FINISHED as readonly string[]).includes(state);
}

/**
 * The state that a build whose jobs are all over must have: the worst of those that have to pass, in the first stage
 * that did not pass. A cancel that ends the build makes it canceled.
 *
 * @param lastWasCancel the end that came last was a person's cancel
 */
export function buildResult(jobs: readonly JobOfBuild[], lastWasCancel: boolean): string {
  if (lastWasCancel) return 'canceled';
  const stages = [...new Set(jobs.map(({ stage }) => stage))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const results = stages.map((stage) => worst(jobs.filter((job) => job.stage === stage)));
  return results.find((result) => result !== 'passed') ?? 'passed';
}

/** The worst state of the jobs that have to pass; `passed` when there are none. */
export function worst(jobs: readonly JobOfBuild[]): string {
  const required = jobs.filter(({ allowFailure }) => !allowFailure).map(({ state }) => state);
  return WORST_FIRST.find((result) => required.includes(result)) ?? 'passed';
}

/** Whether a stage before this job's has ended otherwise than well, so that the job never had its turn. */
export function isCutOff(job: JobOfBuild, jobs: readonly JobOfBuild[]): boolean {
  const before = jobs.filter(({ stage }) => stage !== null && job.stage !== null && stage < job.stage);
  return before.every(({ state }) => isEnd(state)) && worst(before) !== 'passed';
}
