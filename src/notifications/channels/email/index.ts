import type { Channel, ChannelContract, ChannelDeps, Notice } from '../../channel';
import { mailContent } from './content';
import { mailMessage } from './message';
import { mailTargets, type MailTarget } from './recipients';
import type { EmailSettings } from './settings';
import { smtpServer } from './smtp';

export { variables } from './settings';

const TIMEOUT_MS = 60_000;

/**
 * Mails the people of a build when it ends: one mail each, so that nobody sees who else gets it, each can unsubscribe
 * with one click, and one address that is wrong keeps the mail from nobody else.
 *
 * @throws when it is not said which server takes mail, who it comes from, or how people unsubscribe.
 */
export default function email(deps: ChannelDeps<EmailSettings>): Channel<MailTarget> {
  const { config, directory, settings, unsubscribe } = deps;
  const { url, from: sender } = settings;
  if (url === null) throw new Error('SMTP_URL is not set: name the mail server.');
  if (sender === null) throw new Error('HUB_EMAIL_FROM is not set: say who mails come from.');
  if (unsubscribe === null) {
    throw new Error(
      'HUB_PUBLIC_URL and HUB_UNSUBSCRIBE_SECRET are not set: without them nobody could unsubscribe. Set both.',
    );
  }
  const server = smtpServer({ ...settings, url }, deps.sockets);

  return {
    name: 'email',
    events: ['build:finished', 'build:canceled'],
    timeoutMs: TIMEOUT_MS,
    targets: (notice: Notice) => mailTargets(notice, deps, server.place),

    async deliver(notice, { address, secret, recipient }, { deliveryId, signal }) {
      const { facts } = notice;
      // Who was found a moment ago may have unsubscribed since.
      const wanting = await directory.withoutUnsubscribed(facts.repository.id, [address]);
      if (wanting.length === 0) return { kind: 'dropped', reason: 'unsubscribed, or wants no mail about builds' };
      const content = mailContent(notice, {
        webUrl: config.web.url,
        broadcasts: await directory.broadcasts(facts),
        recipient,
        unsubscribeUrl: unsubscribe.linkFor(facts.repository.id, address),
      });
      const mail = mailMessage(notice, content, { sender, to: address, deliveryId });
      return server.send(mail, signal, secret ? spellings(address) : []);
    },

    close: async () => server.close(),
  };
}

/** What a server may repeat of an address that nobody else shall read. */
function spellings(address: string): string[] {
  const local = address.slice(0, address.lastIndexOf('@'));
  return [address, local].flatMap((text) => [text, text.toLowerCase()]);
}

export const contract: ChannelContract = {
  http: false,
  notifications: () => ({ email: { recipients: ['ada@example.org'], on_success: 'always' } }),
  settings: (receiverUrl) => ({
    url: `smtp://${new URL(receiverUrl).host}`,
    tls: 'off',
    from: { name: 'Hub', address: 'builds@example.org', domain: 'example.org' },
  }),
};
