/** How a result is put into words, compared with the result before it. */
export interface ResultMessage {
  /** E.g. `Still Failing`. */
  readonly short: string;
  /** E.g. `The build is still failing.` */
  readonly full: string;
  /** Ends a sentence that starts with the build's number, e.g. `is still failing.` */
  readonly predicate: string;
}

const PENDING: ReadonlySet<string> = new Set(['created', 'queued', 'received', 'started']);

const MESSAGES: Readonly<Record<string, readonly [short: string, predicate: string]>> = {
  pending: ['Pending', 'is pending.'],
  passed: ['Passed', 'passed.'],
  failed: ['Failed', 'failed.'],
  broken: ['Broken', 'was broken.'],
  fixed: ['Fixed', 'was fixed.'],
  failing: ['Still Failing', 'is still failing.'],
  errored: ['Errored', 'has errored.'],
  canceled: ['Canceled', 'was canceled.'],
};

/**
 * Says what a build's state means next to the one before (notifications.md §1.9). Only passed and failed are compared:
 * errored and canceled builds neither break nor fix anything.
 */
export function resultMessage(state: string, previousState: string | null): ResultMessage {
  const key = messageKey(state, previousState);
  const [short, predicate] = MESSAGES[key] ?? [key, `is ${key}.`];
  return { short, full: `The build ${predicate}`, predicate };
}

function messageKey(state: string, previousState: string | null): string {
  if (PENDING.has(state)) return 'pending';
  if (state === 'failed' && previousState === 'passed') return 'broken';
  if (state === 'failed' && previousState === 'failed') return 'failing';
  if (state === 'passed' && previousState === 'failed') return 'fixed';
  return state;
}
