/**
 * The states a job, stage or build can be in, and what they have in common.
 *
 * Names and order are the wire contract of Travis Hub: the order decides whether a late message still applies.
 */

/** How a run can end. */
export const RESULTS = ['passed', 'failed', 'errored', 'canceled'] as const;
export type Result = (typeof RESULTS)[number];

/** States of a job. `queued` is written by the scheduler, never by Hub. */
export const JOB_STATES = ['created', 'queued', 'received', 'started', ...RESULTS] as const;
export type JobState = (typeof JOB_STATES)[number];

/** States of a stage and of a build. */
export const BUILD_STATES = ['created', 'started', ...RESULTS] as const;
export type BuildState = (typeof BUILD_STATES)[number];

const FINISHED: ReadonlySet<string> = new Set(RESULTS);

/** True when the state is one of {@link RESULTS}. */
export function isFinished(state: string): state is Result {
  return FINISHED.has(state);
}
