import { isTarget } from 'hub/channel';
import { describeChannel, Receiver, sampleDeps, sampleNotice } from 'hub/channel-contract';
import * as channel from './index';

describeChannel('mattermost', channel);

describe('a message', () => {
  it('says what became of the build, and where to look', async () => {
    const receiver = await Receiver.start();
    const { deps, close } = sampleDeps({ username: 'ci' });
    const notice = sampleNotice({ state: 'failed', config: { notifications: { mattermost: receiver.url() } } });
    const mattermost = channel.default(deps);
    const [room] = (await mattermost.targets(notice)).filter(isTarget);
    await mattermost.deliver(notice, room!.target, { deliveryId: 1, attempt: 1, signal: new AbortController().signal });
    expect(JSON.parse(receiver.received[0]!.body)).toEqual({
      text: '**svenfuchs/minimal** #2 The build was broken. [62aae5f](https://ci.example.org/svenfuchs/minimal/builds/1)',
      username: 'ci',
    });
    await close();
    await receiver.stop();
  });
});
