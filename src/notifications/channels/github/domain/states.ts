import type { BuildState } from '../../../../contracts/states';

/** States of a commit status. */
export type StatusState = 'pending' | 'success' | 'failure' | 'error';
export type CheckStatus = 'queued' | 'in_progress' | 'completed';
export type Conclusion = 'success' | 'failure' | 'action_required' | 'cancelled';

const STATUS: Readonly<Record<BuildState, StatusState>> = {
  created: 'pending',
  started: 'pending',
  passed: 'success',
  failed: 'failure',
  errored: 'error',
  canceled: 'error',
};

const DESCRIPTIONS: Readonly<Record<StatusState, string>> = {
  pending: 'The Travis CI build is in progress',
  success: 'The Travis CI build passed',
  failure: 'The Travis CI build failed',
  error: 'The Travis CI build could not complete due to an error',
};

const CONCLUSIONS: Readonly<Partial<Record<BuildState, Conclusion>>> = {
  passed: 'success',
  failed: 'failure',
  errored: 'action_required',
  canceled: 'cancelled',
};

/** A build's state as a commit status (notifications.md §2). */
export function statusOf(state: BuildState): { readonly state: StatusState; readonly description: string } {
  const status = STATUS[state];
  return { state: status, description: DESCRIPTIONS[status] };
}

/** A build's state as that of a check run (notifications.md §3); the conclusion only when it is completed. */
export function checkStatusOf(state: BuildState): { readonly status: CheckStatus; readonly conclusion?: Conclusion } {
  const conclusion = CONCLUSIONS[state];
  if (conclusion !== undefined) return { status: 'completed', conclusion };
  return { status: state === 'started' ? 'in_progress' : 'queued' };
}
