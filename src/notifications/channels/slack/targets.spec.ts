import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import { sampleSecrets } from '../../../../test/contract/sample-secrets';
import { isTarget, type Notice } from '../../channel';
import { slackTargets } from './targets';

const HOOK = 'https://team.slack.com/services/hooks/travis?token=';

const about = (slack: unknown, sample: Sample = {}): Notice =>
  sampleNotice({ ...sample, config: { notifications: { slack } } });

function pullRequest(slack: unknown): Notice {
  const { event, facts } = about(slack);
  return { event, facts: { ...facts, build: { ...facts.build, event_type: 'pull_request' } } };
}

/** Each decision in short. */
const decide = async (notice: Notice): Promise<string[]> =>
  (await slackTargets(notice, sampleSecrets)).map((decision) =>
    isTarget(decision)
      ? `${decision.element} ${decision.target.room.url} ${decision.target.room.channel ?? '-'}`
      : `${decision.element} silent: ${decision.silent}`,
  );

describe('slackTargets', () => {
  it.each<[unknown, string[]]>([
    ['team:a', [`0 ${HOOK}a -`]],
    ['team:a#x, team:b#y', [`0 ${HOOK}a #x`, `0 ${HOOK}b #y`]],
    [
      ['team:a', 'team:b'],
      [`0 ${HOOK}a -`, `1 ${HOOK}b -`],
    ],
    [{ rooms: ['team:a#x', 'team:a#y', 'team:a#x'] }, [`0 ${HOOK}a #x`, `0 ${HOOK}a #y`]],
    [
      [{ rooms: ['team:a'] }, { rooms: 'team:b', on_success: 'never' }],
      ['1 silent: on_success: never', `0 ${HOOK}a -`],
    ],
    [{ room: 'https://hooks.slack.com/services/T/B/x' }, ['0 https://hooks.slack.com/services/T/B/x -']],
    [{ rooms: ['https://chat.example.org/hooks/x#town'] }, ['0 https://chat.example.org/hooks/x #town']],
    [{ secure: 'open team:a' }, [`0 ${HOOK}a -`]],
    [{ rooms: { secure: 'open team:a, team:b' } }, [`0 ${HOOK}a -`, `0 ${HOOK}b -`]],
    [{ secure: 'open team:a', on_success: 'never' }, ['0 silent: on_success: never']],
    [false, ['0 silent: switched off in the config']],
    [true, ['0 silent: nobody is named']],
    [{ on_success: 'always' }, ['0 silent: nobody is named']],
    [[], []],
    [undefined, []],
  ])('reads %j', async (slack, expected) => {
    expect(await decide(about(slack))).toEqual(expected);
  });

  it('keeps the options beside an encrypted room', async () => {
    const [target] = await slackTargets(
      about({ secure: 'open team:a', template: { secure: 'open hi' } }),
      sampleSecrets,
    );
    expect(target).toMatchObject({ target: { settings: { template: 'hi' } } });
  });

  it('tells the rooms that can be told, and says of the others why not, without showing them', async () => {
    const rooms = ['team:a', { secure: 'of a fork' }, 'hunter2:', 'ftp://hunter3.example.org'];
    expect(await decide(about({ rooms }))).toEqual([
      `0 ${HOOK}a -`,
      '0 silent: encrypted and cannot be decrypted (in a fork, or without ENCRYPTION_KEY); ' +
        'a room is neither account:token#channel nor the url of an incoming webhook',
    ]);
  });

  it.each(['https://hooks.example.org/x', 'team:a', ['team:a'], false])(
    'does not take notifications: %j for a room',
    async (notifications) => {
      expect(await decide(sampleNotice({ config: { notifications } }))).toEqual([]);
    },
  );

  it('tells of pull requests unless told otherwise', async () => {
    expect(await decide(pullRequest('team:a'))).toEqual([`0 ${HOOK}a -`]);
    expect(await decide(pullRequest({ rooms: 'team:a', on_pull_requests: false }))).toEqual([
      '0 silent: on_pull_requests is off',
    ]);
    expect(await decide(about({ rooms: 'team:a', on_pull_requests: false }))).toEqual([`0 ${HOOK}a -`]);
  });

  it.each([
    ['team:hunter2Token#x', 'https://team.slack.com/services/hooks/travis?… #x', 'team.slack.com'],
    [
      'https://u:hunter2@chat.example.org:8065/hooks/hunter2Token1234',
      'https://chat.example.org:8065/hooks/hunt…',
      'chat.example.org:8065',
    ],
    [{ secure: 'open team:hunter2Token#x' }, 'https://team.slack.com (encrypted)', 'team.slack.com'],
  ])('shows %j without its secrets', async (slack, display, destination) => {
    const [target] = await slackTargets(about(slack), sampleSecrets);
    expect(target).toMatchObject({ display, destination });
    expect((target as { orderKey?: string }).orderKey).not.toContain('hunter2');
  });

  it('names the same targets whenever it is asked', async () => {
    const notice = about(['team:a#x', { secure: 'open team:b' }]);
    expect(await slackTargets(notice, sampleSecrets)).toEqual(await slackTargets(notice, sampleSecrets));
  });
});
