import { isFinished, type JobState, type Result } from '../../contracts/states';

/** A job as far as its build's state follows from it. */
export interface JobOfBuild {
  readonly state: JobState;
  readonly stage: number | null;
  readonly allowFailure: boolean;
}

const WORST_FIRST: readonly Result[] = ['canceled', 'errored', 'failed', 'passed'];

/** The worst state of the jobs that have to pass; null while one of them is open. */
function worst(jobs: readonly JobOfBuild[]): Result | null {
  const required = jobs.filter(({ allowFailure }) => !allowFailure).map(({ state }) => state);
  if (!required.every(isFinished)) return null;
  return WORST_FIRST.find((result) => required.includes(result)) ?? 'passed';
}

/**
 * The states that are right for a build with these jobs when nothing is under way any more: that of the first stage
 * that did not pass. `null` stands for a build that is not over.
 *
 * When a job that may fail was canceled, it also depends on who was last: a cancel that ends the build cancels it.
 */
export function buildStates(jobs: readonly JobOfBuild[]): ReadonlySet<Result | null> {
  const stages = [...new Set(jobs.map(({ stage }) => stage))].sort((a, b) => (a ?? 0) - (b ?? 0));
  const states = stages.map((stage) => worst(jobs.filter((job) => job.stage === stage)));
  const decisive = states.find((state) => state !== 'passed');
  const canceled = jobs.some(({ state, allowFailure }) => allowFailure && state === 'canceled');
  return new Set([decisive === undefined ? 'passed' : decisive, ...(canceled ? (['canceled'] as const) : [])]);
}

/**
 * Whether a stage that did not pass may have canceled this job: one that was still open then, in another stage. With
 * fast_finish a stage is over before the jobs that may fail are, and those may run on into the next one.
 */
export function cascadeReaches(
  job: JobOfBuild,
  states: ReadonlySet<JobState>,
  jobs: readonly JobOfBuild[],
  fastFinish: boolean,
): boolean {
  const others = jobs.filter(({ stage, allowFailure }) => stage !== job.stage && !allowFailure);
  const failed = others.some(({ state }) => isFinished(state) && state !== 'passed');
  const mayBeOpen = [...states].some((state) => !isFinished(state)) || (fastFinish && job.allowFailure);
  return job.stage !== null && failed && mayBeOpen;
}
