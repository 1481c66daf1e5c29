export type { Check, FoundRow } from '../check';
/** Pieces that several checks are made of. All of them are constants: nothing that anybody gives gets into SQL here. */

export const FINISHED = `('passed', 'failed', 'errored', 'canceled')`;
export const KNOWN_JOB_STATES = `('created', 'queued', 'received', 'started', 'passed', 'failed', 'errored', 'canceled')`;
/** The database's time, in the form in which columns hold it. */
export const NOW = `(clock_timestamp() AT TIME ZONE 'UTC')`;

/** The last event of each job `j`, with the state that it told. Joined laterally. */
export const LAST_JOB_EVENT = `
  CROSS JOIN LATERAL (
    SELECT e.name, e.at, e.snapshot -> 'job' AS job, e.snapshot #>> '{job,state}' AS state
      FROM hub.events e WHERE e.job_id = j.id AND e.name LIKE 'job:%' ORDER BY e.id DESC LIMIT 1) told`;

/** The last event of each build `b` itself, with the state that it told. Joined laterally. */
export const LAST_BUILD_EVENT = `
  CROSS JOIN LATERAL (
    SELECT e.name, e.snapshot #>> '{build,state}' AS state
      FROM hub.events e WHERE e.build_id = b.id AND e.name LIKE 'build:%' ORDER BY e.seq DESC LIMIT 1) told`;
