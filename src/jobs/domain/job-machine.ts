import type { JobCommandName } from '../../contracts/command';
import type { JobState } from '../../contracts/states';

/**
 * What a command does to a job in a state.
 *
 * - a state, or `result` (the one a finish reports): the job changes to it
 * - `again`: it is there already; only empty times may be filled, nobody is told
 * - `-`: too late or too early; nothing happens
 * - `stop`: nothing happens, and the worker that reported is told to stop
 */
export type Cell = 'received' | 'started' | 'result' | 'canceled' | 'created' | 'again' | '-' | 'stop';

/**
 * The job state machine: the table of states.md §2 as restricted by its services (§6.1), with the fixes of §12.
 *
 * A finished job keeps its result: a later finish changes nothing, whichever result it reports (ruling on B6).
 */
export const JOB_TRANSITIONS = {
  created: {
    receive: 'received',
    start: 'started',
    finish: 'result',
    cancel: 'canceled',
    restart: 'created',
    reset: 'created',
  },
  queued: {
    receive: 'received',
    start: 'started',
    finish: 'result',
    cancel: 'canceled',
    restart: 'created',
    reset: 'created',
  },
  received: {
    receive: 'again',
    start: 'started',
    finish: 'result',
    cancel: 'canceled',
    restart: 'created',
    reset: 'created',
  },
  started: { receive: '-', start: 'again', finish: 'result', cancel: 'canceled', restart: 'created', reset: 'created' },
  passed: { receive: '-', start: '-', finish: 'again', cancel: '-', restart: 'created', reset: 'created' },
  failed: { receive: '-', start: '-', finish: 'again', cancel: '-', restart: 'created', reset: 'created' },
  errored: { receive: 'stop', start: 'stop', finish: 'again', cancel: '-', restart: 'created', reset: 'created' },
  canceled: { receive: 'stop', start: 'stop', finish: 'stop', cancel: 'stop', restart: 'created', reset: 'stop' },
} as const satisfies Record<JobState, Record<JobCommandName, Cell>>;

/** Looks a command up in {@link JOB_TRANSITIONS}. */
export function jobTransition(state: JobState, command: JobCommandName): Cell {
  return JOB_TRANSITIONS[state][command];
}
