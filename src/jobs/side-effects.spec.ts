import { autoCancelText } from './side-effects';

const sentence = (middle: string) =>
  `This job was cancelled because the "Auto Cancellation" feature is currently enabled, and ${middle} came in while this job was waiting to be processed.\n\n`;

describe('the last words in the log of an auto-canceled job', () => {
  it.each([
    [{ event: 'push', number: '2', branch: 'main' }, 'a more recent build (#2) for branch main'],
    [
      { event: 'pull_request', number: '2', branch: 'main', pullRequestNumber: '7' },
      'a more recent build (#2) for pull request #7',
    ],
    [{ event: 'pull_request', number: '2', branch: 'main' }, 'a more recent build (#2) for the same pull request'],
    [{ event: 'cron', number: '2', branch: 'main' }, 'a more recent build (#2) for branch main'],
    [{ event: 'constructor', number: '2', branch: 'main' }, 'a more recent build (#2) for branch main'],
    [{ number: '2', branch: 'main' }, 'a more recent build (#2) for branch main'],
    [{ event: 'push', branch: 'main' }, 'a more recent build for branch main'],
    [{}, 'a more recent build for the same branch'],
  ])('%j', (auto, middle) => {
    expect(autoCancelText(auto)).toBe(sentence(middle));
  });

  it('speak of priority in a sentence of its own', () => {
    expect(autoCancelText({ event: 'api', number: '2', branch: 'main' })).toBe(
      'This job was cancelled due to other priority builds.\n\n',
    );
  });
});
