import { isPullRequest, wantsPullRequests } from './pull-requests';

describe('isPullRequest', () => {
  it.each([
    ['pull_request', true],
    ['push', false],
    ['api', false],
    ['cron', false],
    [null, false],
  ])('%s: %s', (event_type, expected) => {
    expect(isPullRequest({ build: { event_type } })).toBe(expected);
  });
});

describe('wantsPullRequests', () => {
  it.each([
    [undefined, true],
    [true, true],
    ['true', true],
    [1, true],
    [false, false],
    ['false', false],
    [' No ', false],
    ['off', false],
    [null, false],
  ])('on_pull_requests: %p means %s', (value, expected) => {
    expect(wantsPullRequests(value === undefined ? {} : { on_pull_requests: value })).toBe(expected);
  });
});
