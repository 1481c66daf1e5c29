import { checkStatusOf, statusOf } from './states';

describe('statusOf', () => {
  it.each([
    ['created', 'pending', 'The Travis CI build is in progress'],
    ['started', 'pending', 'The Travis CI build is in progress'],
    ['passed', 'success', 'The Travis CI build passed'],
    ['failed', 'failure', 'The Travis CI build failed'],
    ['errored', 'error', 'The Travis CI build could not complete due to an error'],
    ['canceled', 'error', 'The Travis CI build could not complete due to an error'],
  ] as const)('makes of a build that is %s: %s, "%s"', (state, status, description) => {
    expect(statusOf(state)).toEqual({ state: status, description });
  });
});

describe('checkStatusOf', () => {
  it.each([
    ['created', { status: 'queued' }],
    ['started', { status: 'in_progress' }],
    ['passed', { status: 'completed', conclusion: 'success' }],
    ['failed', { status: 'completed', conclusion: 'failure' }],
    ['errored', { status: 'completed', conclusion: 'action_required' }],
    ['canceled', { status: 'completed', conclusion: 'cancelled' }],
  ] as const)('makes of a build that is %s: %j', (state, expected) => {
    expect(checkStatusOf(state)).toEqual(expected);
  });
});
