import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { findChannels, requireChannel } from '../../src/notifications/load-channels';
import { describeChannel } from './channel-contract';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keys = {
  signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  standardSecret: `whsec_${randomBytes(32).toString('base64')}`,
};

describe('the channels found', () => {
  it('are at least the two that come with Hub', () => {
    expect(findChannels().map((file) => basename(file))).toEqual(expect.arrayContaining(['log.channel.ts', 'webhook']));
  });
});

for (const file of findChannels()) describeChannel(basename(file), requireChannel(file), keys);
