import type { SendMailOptions } from 'nodemailer';
import type { Notice } from '../../channel';
import type { MailContent } from './content';
import { htmlMail } from './html';
import { oneLine } from './plain-text';
import type { Sender } from './settings';
import { textMail } from './text';

/** Longer names of branches are cut: mail programs show some 100 characters of a subject. */
const BRANCH_IN_SUBJECT = 80;

/** Who writes to whom, and of which delivery. */
export interface Addressing {
  readonly sender: Sender;
  readonly to: string;
  readonly deliveryId: number;
}

/**
 * The mail of one delivery to one recipient, with the subject and the headers that people sort their mail by
 * (notifications.md §4).
 *
 * - Its `Message-ID` is the same for every attempt, so that who gets a repeat can tell.
 * - `In-Reply-To` names a mail that never was: mails of one build with the same result make a thread.
 * - The headers of RFC 3834 keep holiday answers away, those of RFC 8058 let mail programs unsubscribe with one click.
 */
export function mailMessage(
  notice: Notice,
  content: MailContent,
  { sender, to, deliveryId }: Addressing,
): SendMailOptions {
  const result = content.result.toLowerCase();
  const thread = `<${[content.slug, notice.event.build_id, result].map(String).map(atoms).join('+')}@${sender.domain}>`;
  const address = sender.address.replaceAll('%s', atoms(result));
  return {
    from: { name: sender.name, address },
    to: { name: '', address: to },
    envelope: { from: address, to: [to] },
    subject: subjectOf(content),
    messageId: `<hub.${deliveryId}.${Date.parse(notice.event.at)}@${sender.domain}>`,
    inReplyTo: thread,
    references: thread,
    headers: {
      'Travis-CI-Repository': content.slug,
      'Travis-CI-Result': result,
      'Auto-Submitted': 'auto-generated',
      Precedence: 'bulk',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
    list: { unsubscribe: content.unsubscribeUrl },
    text: textMail(content),
    html: htmlMail(content),
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** E.g. `Still Failing: svenfuchs/minimal#2 (master - 62aae5f)`. */
function subjectOf({ cron, result, slug, number, branch, commit }: MailContent): string {
  return `${cron ? '[CRON] ' : ''}${result}: ${slug}#${number} (${oneLine(branch, BRANCH_IN_SUBJECT)} - ${commit.sha})`;
}

/** What an address or a message id may hold outside of quotes. */
function atoms(text: string): string {
  return text.replace(/[^\w/-]+/g, '-');
}
