import { sampleNotice } from '../../../test/contract/sample-notice';
import type { ChannelDeps } from '../channel';
import makeLog from './log.channel';

describe('the log channel', () => {
  it.each([
    ['build:finished', { build: '2', state: 'passed' }],
    ['job:started', { build: '2', job: '2.1', state: 'started' }],
  ] as const)('writes one line for %s', async (event, fields) => {
    const info = jest.fn();
    const channel = makeLog({ logger: { info, warn: jest.fn() } } as unknown as ChannelDeps);
    const context = { deliveryId: 7, attempt: 1, signal: new AbortController().signal };
    await expect(channel.deliver(sampleNotice({ event }), null, context)).resolves.toEqual({ kind: 'delivered' });
    expect(info.mock.calls).toEqual([[{ event, repository: 'svenfuchs/minimal', deliveryId: 7, ...fields }, 'told']]);
  });
});
