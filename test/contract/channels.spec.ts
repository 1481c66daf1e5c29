import { findChannels } from '../../src/notifications/load-channels';
import { IrcServer } from '../support/irc-server';
import { SmtpStub } from '../support/smtp-stub';
import { describeChannel, type Counterpart } from './channel-contract';

describe('the channels found', () => {
  it('are at least the two that come with Hub', () => {
    expect(findChannels().map(({ name }) => name)).toEqual(expect.arrayContaining(['log', 'webhook']));
  });
});

/** Real servers for the channels that do not speak HTTP. */
const COUNTERPARTS: Readonly<Record<string, () => Promise<Counterpart>>> = {
  email: () => SmtpStub.start(),
  irc: () => IrcServer.start(),
};

for (const { name, module } of findChannels()) describeChannel(name, module, COUNTERPARTS[name]);
