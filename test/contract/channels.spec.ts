import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { findChannels } from '../../src/notifications/load-channels';
import { describeChannel } from './channel-contract';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = {
  signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  standardSecret: `whsec_${randomBytes(32).toString('base64')}`,
};

describe('the channels found', () => {
  it('are at least the two that come with Hub', () => {
    expect(findChannels().map(({ name }) => name)).toEqual(expect.arrayContaining(['log', 'webhook']));
  });
});

for (const { name, module } of findChannels()) describeChannel(name, module, keys);
