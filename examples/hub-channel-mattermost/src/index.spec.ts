import { isTarget, type Notice } from 'hub/channel';
import { describeChannel, Receiver, sampleDeps, sampleNotice } from 'hub/channel-contract';
import * as channel from './index';

describeChannel('mattermost', channel);

describe('a message', () => {
  let receiver: Receiver;
  const sample = sampleDeps({ username: 'ci' });
  const mattermost = channel.default(sample.deps);

  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  afterAll(async () => {
    await receiver.stop();
    await sample.close();
  });

  async function told(notice: Notice): Promise<unknown> {
    const [room] = (await mattermost.targets(notice)).filter(isTarget);
    await mattermost.deliver(notice, room!.target, { deliveryId: 1, attempt: 1, signal: new AbortController().signal });
    return JSON.parse(receiver.received.pop()!.body);
  }

  it('says what became of the build, and where to look', async () => {
    const config = { notifications: { mattermost: { rooms: [receiver.url()] } } };
    expect(await told(sampleNotice({ state: 'failed', config }))).toEqual({
      text: '**svenfuchs/minimal** #2 The build was broken. [62aae5f](https://ci.example.org/svenfuchs/minimal/builds/1)',
      username: 'ci',
    });
  });

  it('calls nobody whom a commit names', async () => {
    const room = { rooms: [receiver.url()], template: '%{commit_subject}' };
    const notice = sampleNotice({ config: { notifications: { mattermost: room } } });
    const commit = { ...notice.facts.commit!, message: '@all **look** [here](https://evil.example.org)' };
    expect(await told({ ...notice, facts: { ...notice.facts, commit } })).toMatchObject({
      text: '@\u200ball \\*\\*look\\*\\* \\[here\\]\\(https://evil.example.org\\)',
    });
  });
});
