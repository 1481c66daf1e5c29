import { simpleParser, type ParsedMail } from 'mailparser';
import { createTransport } from 'nodemailer';
import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import { mailContent } from './content';
import { mailMessage } from './message';
import type { Sender } from './settings';

const SENDER: Sender = { name: 'Travis CI', address: 'builds@ci.example.org', domain: 'ci.example.org' };

interface Changes {
  readonly sample?: Sample;
  readonly commit?: object;
  readonly build?: object;
  readonly repository?: object;
  readonly sender?: Sender;
  readonly deliveryId?: number;
}

/** The mail as it goes over the wire. */
async function raw({
  sample = {},
  commit,
  build,
  repository,
  sender = SENDER,
  deliveryId = 42,
}: Changes): Promise<string> {
  const { event, facts } = sampleNotice({ state: 'failed', previousState: 'failed', ...sample });
  const notice = {
    event,
    facts: {
      ...facts,
      commit: facts.commit && { ...facts.commit, ...commit },
      build: { ...facts.build, ...build },
      repository: { ...facts.repository, ...repository },
    },
  };
  const content = mailContent(notice, {
    webUrl: 'https://ci.example.org',
    broadcasts: [],
    recipient: 'named',
    unsubscribeUrl: `https://hub.example.org/mail/unsubscribe/1.${'a'.repeat(43)}.${'b'.repeat(43)}`,
  });
  const mail = mailMessage(notice, content, { sender, to: 'ada@example.org', deliveryId });
  const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail(mail);
  return (message as Buffer).toString('latin1');
}

async function read(changes: Changes = {}): Promise<ParsedMail> {
  return simpleParser(Buffer.from(await raw(changes), 'latin1'));
}

/** The lines before the first empty one, unfolded. */
const headerLines = (text: string): string[] =>
  (text.split('\r\n\r\n')[0] ?? '').replace(/\r\n[ \t]+/g, ' ').split('\r\n');

describe('mailMessage', () => {
  it.each([
    ['failed', 'failed', 'Still Failing: svenfuchs/minimal#2 (master - 62aae5f)'],
    ['failed', 'passed', 'Broken: svenfuchs/minimal#2 (master - 62aae5f)'],
    ['passed', 'failed', 'Fixed: svenfuchs/minimal#2 (master - 62aae5f)'],
    ['passed', null, 'Passed: svenfuchs/minimal#2 (master - 62aae5f)'],
    ['errored', 'passed', 'Errored: svenfuchs/minimal#2 (master - 62aae5f)'],
    ['canceled', 'passed', 'Canceled: svenfuchs/minimal#2 (master - 62aae5f)'],
  ] as const)('%s after %s has the subject people know', async (state, previousState, subject) => {
    await expect(read({ sample: { state, previousState } })).resolves.toMatchObject({ subject });
  });

  it('marks builds of cron jobs in the subject', async () => {
    const { subject } = await read({ build: { event_type: 'cron' } });
    expect(subject).toBe('[CRON] Still Failing: svenfuchs/minimal#2 (master - 62aae5f)');
  });

  it('keeps every script in the subject, and cuts a branch that is very long', async () => {
    const mail = await read({ commit: { branch: 'ветка-🚀-é' } });
    expect(mail.subject).toBe('Still Failing: svenfuchs/minimal#2 (ветка-🚀-é - 62aae5f)');
    const long = await read({ commit: { branch: '🚀'.repeat(500) } });
    expect(long.subject).toBe(`Still Failing: svenfuchs/minimal#2 (${'🚀'.repeat(79)}… - 62aae5f)`);
  });

  it('has the headers people sort their mail by', async () => {
    const { headers, from, to } = await read();
    expect(Object.fromEntries(headers)).toMatchObject({
      'travis-ci-repository': 'svenfuchs/minimal',
      'travis-ci-result': 'still failing',
      'auto-submitted': 'auto-generated',
      precedence: 'bulk',
      list: { unsubscribe: { url: expect.stringContaining('https://hub.example.org/mail/unsubscribe/1.') } },
    });
    expect(from?.text).toBe('"Travis CI" <builds@ci.example.org>');
    expect(to).toMatchObject({ text: 'ada@example.org' });
  });

  it('offers one click to unsubscribe as RFC 8058 asks, each header on a line of its own', async () => {
    const lines = headerLines(await raw({}));
    expect(lines).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click');
    const link = `https://hub.example.org/mail/unsubscribe/1.${'a'.repeat(43)}.${'b'.repeat(43)}`;
    expect(lines).toContain(`List-Unsubscribe: <${link}>`);
  });

  it('puts the result into the address of the sender where it says %s', async () => {
    const sender = { ...SENDER, address: 'builds+%s@ci.example.org' };
    await expect(read({ sender })).resolves.toMatchObject({
      from: { value: [{ address: 'builds+still-failing@ci.example.org' }] },
    });
    const passed = await read({ sender, sample: { state: 'passed', previousState: null } });
    expect(passed.from?.value[0]?.address).toBe('builds+passed@ci.example.org');
  });

  it('has the same id for every attempt, and another for another delivery', async () => {
    const [first, again, other] = [await read(), await read(), await read({ deliveryId: 43 })];
    expect(first.messageId).toMatch(/^<hub\.42\.\d+@ci\.example\.org>$/);
    expect(again.messageId).toBe(first.messageId);
    expect(other.messageId).not.toBe(first.messageId);
  });

  it('makes one thread of the mails of a build with one result', async () => {
    const thread = async (changes: Changes) => (await read(changes)).inReplyTo;
    const first = await read();
    expect(first.inReplyTo).toBe('<svenfuchs/minimal+1+still-failing@ci.example.org>');
    expect(first.references).toBe(first.inReplyTo);
    await expect(thread({ deliveryId: 43 })).resolves.toBe(first.inReplyTo);
    await expect(thread({ sample: { state: 'failed', previousState: 'passed' } })).resolves.not.toBe(first.inReplyTo);
    await expect(thread({ sample: { state: 'failed', previousState: 'failed', buildId: 2 } })).resolves.not.toBe(
      first.inReplyTo,
    );
  });

  it('is text and HTML', async () => {
    const { text, html } = await read();
    expect(text).toContain('Status:    Still Failing');
    expect(text).toContain('ünïcode & "quotes" + 100%');
    expect(html).toContain('<!doctype html>');
    expect(html).toContain('ünïcode &amp; &quot;quotes&quot; + 100%');
  });

  it('is ASCII in lines that every mail server takes', async () => {
    const message = `${'ünïcode '.repeat(200)}\n${'x'.repeat(3_000)}`;
    const text = await raw({ commit: { message, branch: 'ü'.repeat(100), author_name: 'Ж' } });
    const lines = text.split('\r\n');
    expect(lines.every((line) => /^[\x20-\x7e\t]*$/.test(line))).toBe(true);
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(998);
  });

  it.each(['\r\n', '\n', '\r', '\u2028', '\u0085', '\0'])(
    'lets no text with %j begin a header or a body of its own',
    async (end) => {
      const evil = `x${end}Bcc: eve@example.org${end}X-Evil: yes${end}${end}evil body${end}.${end}`;
      const text = await raw({
        commit: { message: evil, author_name: evil, branch: evil, sha: evil, compare_url: evil },
        repository: { slug: `a/${evil}`, vcs_slug: evil, vcs_type: evil },
        build: { branch: evil, number: evil },
      });
      const known = headerLines(await raw({})).map((line) => line.split(':')[0]);
      expect(headerLines(text).map((line) => line.split(':')[0])).toEqual(known);
      const mail = await simpleParser(Buffer.from(text, 'latin1'));
      expect(mail.headers.has('bcc')).toBe(false);
      expect(mail.headers.has('x-evil')).toBe(false);
      expect(mail.to).toMatchObject({ text: 'ada@example.org' });
      expect(mail.attachments).toEqual([]);
    },
  );
});
