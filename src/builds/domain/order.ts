import type { BuildState, Result } from '../../contracts/states';

/** Later states come later in this order; a finish never goes back in it (states.md §1.2). */
const ORDER: readonly BuildState[] = ['created', 'started', 'passed', 'failed', 'errored', 'canceled'];

/** Whether a finish that reports `result` may still reach something in this state. */
export function finishApplies(state: BuildState, result: Result): boolean {
  return ORDER.indexOf(state) <= ORDER.indexOf(result);
}
