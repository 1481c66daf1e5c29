import { resultMessage } from './result-message';

describe('resultMessage', () => {
  it.each([
    ['created', null, 'Pending', 'The build is pending.'],
    ['queued', 'failed', 'Pending', 'The build is pending.'],
    ['started', 'passed', 'Pending', 'The build is pending.'],
    ['passed', null, 'Passed', 'The build passed.'],
    ['passed', 'passed', 'Passed', 'The build passed.'],
    ['passed', 'failed', 'Fixed', 'The build was fixed.'],
    ['passed', 'errored', 'Passed', 'The build passed.'],
    ['passed', 'canceled', 'Passed', 'The build passed.'],
    ['failed', null, 'Failed', 'The build failed.'],
    ['failed', 'passed', 'Broken', 'The build was broken.'],
    ['failed', 'failed', 'Still Failing', 'The build is still failing.'],
    ['failed', 'errored', 'Failed', 'The build failed.'],
    ['errored', 'passed', 'Errored', 'The build has errored.'],
    ['errored', 'failed', 'Errored', 'The build has errored.'],
    ['canceled', 'passed', 'Canceled', 'The build was canceled.'],
  ])('%s after %s is %s', (state, previous, short, full) => {
    expect(resultMessage(state, previous)).toMatchObject({ short, full });
  });

  it('ends a sentence that starts with the number of the build', () => {
    expect(`Build #7 ${resultMessage('failed', 'failed').predicate}`).toBe('Build #7 is still failing.');
  });
});
