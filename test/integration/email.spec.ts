import { sampleDeps } from '../contract/sample-deps';
import { sampleNotice, type Sample } from '../contract/sample-notice';
import { MailServer } from '../support/mail-server';
import { listen, SmtpStub, type Reply } from '../support/smtp-stub';
import { fallbacksOf } from '../../src/config';
import type { Channel, ChannelDeps, DeliveryOutcome } from '../../src/notifications/channel';
import email, { variables } from '../../src/notifications/channels/email';
import type { MailTarget } from '../../src/notifications/channels/email/recipients';
import type { EmailSettings } from '../../src/notifications/channels/email/settings';

const FROM = { name: 'Hub', address: 'builds@mail.test', domain: 'mail.test' };
const FAILED: Sample = { state: 'failed', previousState: 'failed' };

/** A channel on real connections. */
interface Mailer {
  readonly channel: Channel<MailTarget>;
  readonly logged: unknown[][];
  /** Mails everybody that the config names. */
  tell(recipients: unknown, sample?: Sample, signal?: AbortSignal): Promise<DeliveryOutcome[]>;
  close(): Promise<void>;
}

/** @param own settings besides the usual ones */
function mailer(url: string, own: Partial<EmailSettings> = {}, deps: Partial<ChannelDeps<EmailSettings>> = {}): Mailer {
  const settings: EmailSettings = { ...fallbacksOf(variables), url, from: FROM, ...own };
  const sample = sampleDeps(settings, deps);
  const channel = email(sample.deps);
  return {
    channel,
    logged: sample.logged,
    async tell(recipients, about = FAILED, signal) {
      const notice = sampleNotice({ ...about, config: { notifications: { email: { recipients } } } });
      const decisions = await channel.targets(notice);
      return Promise.all(
        decisions.map((one, at) =>
          'target' in one
            ? channel.deliver(notice, one.target, {
                deliveryId: 42 + at,
                attempt: 1,
                signal: signal ?? new AbortController().signal,
              })
            : Promise.reject(new Error(one.silent)),
        ),
      );
    },
    async close() {
      await channel.close?.();
      await sample.close();
    },
  };
}

describe('mail through a whole mail server, with TLS and credentials', () => {
  let server: MailServer;
  let mail: Mailer;

  beforeEach(async () => {
    server = await MailServer.start(['ada', 'eve']);
  });
  afterEach(async () => {
    await mail.close();
    await server.stop();
  });

  it.each(['starttls', 'tls'] as const)('arrives (%s) as people know it', async (way) => {
    mail = mailer(server.url(way), { ca: server.ca });
    await expect(mail.tell('ada@mail.test')).resolves.toEqual([
      { kind: 'delivered', code: 250, response: expect.stringMatching(/^250 /) },
    ]);
    const [arrived] = await server.arrived(1);
    expect(arrived).toMatchObject({
      deliveredTo: 'ada@mail.test',
      subject: 'Still Failing: svenfuchs/minimal#2 (master - 62aae5f)',
      from: { text: '"Hub" <builds@mail.test>' },
      to: { text: 'ada@mail.test' },
      messageId: expect.stringMatching(/^<hub\.42\.\d+@mail\.test>$/),
      inReplyTo: '<svenfuchs/minimal+1+still-failing@mail.test>',
      text: expect.stringContaining('the commit message: ünïcode & "quotes" + 100%'),
      html: expect.stringContaining('the commit message: ünïcode &amp; &quot;quotes&quot; + 100%'),
    });
    expect(arrived?.headers.get('travis-ci-result')).toBe('still failing');
    // What the mail server saw of the connection.
    expect(arrived?.raw).toMatch(/^Received: from [^]*?\bTLS|^Received:[^]*?ESMTPSA?/m);
  });

  it('is one mail for each recipient, who does not see the others', async () => {
    mail = mailer(server.url(), { ca: server.ca });
    await mail.tell(['ada@mail.test', 'eve@mail.test', 'ADA@mail.test']);
    const arrived = await server.arrived(2);
    expect(arrived.map(({ deliveredTo }) => deliveredTo).sort()).toEqual(['ada@mail.test', 'eve@mail.test']);
    for (const { raw, deliveredTo } of arrived) {
      expect(raw).not.toContain(deliveredTo === 'ada@mail.test' ? 'eve@' : 'ada@');
    }
  });

  it('gives up one whom the server does not know, and nobody else misses a mail', async () => {
    mail = mailer(server.url(), { ca: server.ca });
    const outcomes = await mail.tell(['nobody@mail.test', 'ada@mail.test']);
    expect(outcomes).toMatchObject([
      { kind: 'rejected', code: 550, reason: expect.stringContaining('does not take mail for this address') },
      { kind: 'delivered' },
    ]);
    await expect(server.arrived(1)).resolves.toMatchObject([{ deliveredTo: 'ada@mail.test' }]);
  });

  it('is tried again while credentials are wrong, which nobody gets to read', async () => {
    mail = mailer(server.url('starttls', 'hunter3-wrong-password'), { ca: server.ca });
    const outcomes = await mail.tell('ada@mail.test');
    expect(outcomes).toMatchObject([{ kind: 'retry', code: 535, reason: expect.stringContaining('SMTP_URL') }]);
    expect(JSON.stringify([outcomes, mail.logged])).not.toMatch(/hunter|aHVudGVy/);
    await expect(server.mails()).resolves.toEqual([]);
  });

  it.each(['starttls', 'tls'] as const)(
    'is tried again, unsent, while the certificate cannot be trusted (%s)',
    async (way) => {
      mail = mailer(server.url(way));
      const outcomes = await mail.tell('ada@mail.test');
      expect(outcomes).toMatchObject([{ kind: 'retry', reason: expect.stringMatching(/certificate.*HUB_SMTP_TLS/) }]);
      await expect(server.mails()).resolves.toEqual([]);
    },
  );
});

describe('mail to a server that is not as it should be', () => {
  let stub: SmtpStub;
  let mail: Mailer;

  beforeEach(async () => {
    stub = await SmtpStub.start();
    mail = mailer(stub.url(), { ca: stub.ca });
  });
  afterEach(async () => {
    await mail.close();
    await stub.stop();
  });

  const replying = async (
    step: 'auth' | 'from' | 'to' | 'data',
    reply: Reply,
  ): Promise<DeliveryOutcome | undefined> => {
    stub.reply = { [step]: reply };
    return (await mail.tell('ada@example.org'))[0];
  };

  it.each<['from' | 'to' | 'data', Reply, string]>([
    ['from', '451 4.3.0 later', 'retry'],
    ['from', '550 5.7.1 not your address', 'retry'],
    ['to', '450 4.2.0 greylisted', 'retry'],
    ['to', '421 4.3.2 shutting down', 'retry'],
    ['to', '550 5.7.1 relaying denied', 'retry'],
    ['to', '550 5.1.1 no such user', 'rejected'],
    ['to', '553 no', 'rejected'],
    ['data', '452 4.3.1 disk full', 'retry'],
    ['data', '554 5.7.1 looks like spam', 'rejected'],
    ['data', '552 5.3.4 too large', 'rejected'],
  ])('%s answered with "%s": %s', async (step, reply, kind) => {
    const outcome = await replying(step, reply);
    expect(outcome).toMatchObject({ kind, code: Number(reply?.slice(0, 3)) });
    expect(stub.mails).toEqual([]);
    // What was wrong with one mail keeps no other from going.
    stub.reply = {};
    await expect(mail.tell('ada@example.org')).resolves.toMatchObject([{ kind: 'delivered' }]);
  });

  it('keeps an encrypted recipient to itself, whatever the server repeats', async () => {
    const reveal = async <V>(_id: number, _value: V): Promise<V> => [['Hunter2@secret.example']] as V;
    const secretive = mailer(stub.url(), { ca: stub.ca }, { secrets: { reveal } });
    stub.reply = { to: '550 5.1.1 <hunter2@secret.example>: no hunter2 here, Hunter2@secret.example' };
    const outcomes = await secretive.tell({ secure: 'x' });
    expect(outcomes).toMatchObject([
      { kind: 'rejected', response: '550 5.1.1 <[secure]>: no [secure] here, [secure]' },
    ]);
    expect(JSON.stringify([outcomes, secretive.logged])).not.toMatch(/hunter2|secret\.example/i);
    await secretive.close();
  });

  it.each(['auth', 'from', 'to', 'data'] as const)(
    'stops at once when its time is over (%s), and tries again',
    async (step) => {
      const hasty = mailer(stub.url('hub:password@'), { ca: stub.ca });
      stub.reply = { [step]: 'never' };
      const controller = new AbortController();
      const waiting = stub.keptWaiting();
      const telling = hasty.tell('ada@example.org', FAILED, controller.signal);
      await waiting;
      const aborted = performance.now();
      controller.abort();
      await expect(telling).resolves.toMatchObject([{ kind: 'retry' }]);
      expect(performance.now() - aborted).toBeLessThan(2_000);
      await hasty.close();
    },
  );

  it('does not begin when its time is over already', async () => {
    await expect(mail.tell('ada@example.org', FAILED, AbortSignal.abort())).resolves.toMatchObject([{ kind: 'retry' }]);
    expect(stub.recipients).toEqual([]);
  });

  it('keeps a connection for the next mails', async () => {
    for (const name of ['ada', 'eve', 'bob']) await mail.tell(`${name}@example.org`);
    expect(stub.mails).toHaveLength(3);
    expect(stub.connections).toBe(1);
  });

  it('opens five connections at most, however many mails there are at once', async () => {
    const names = Array.from({ length: 30 }, (_, n) => `person-${n}@example.org`);
    const outcomes = await mail.tell(names);
    expect(outcomes.every(({ kind }) => kind === 'delivered')).toBe(true);
    expect([...stub.recipients].sort()).toEqual([...names].sort());
    expect(stub.connections).toBeLessThanOrEqual(5);
  });

  it('has the same id when it is sent once more', async () => {
    await mail.tell('ada@example.org');
    await mail.tell('ada@example.org');
    const [first, again] = stub.mails;
    expect(first?.messageId).toBeTruthy();
    expect(again?.messageId).toBe(first?.messageId);
  });

  it('sends neither password nor mail unencrypted, unless it is told to', async () => {
    const bare = await SmtpStub.start({ disabledCommands: ['STARTTLS'] });
    const secure = mailer(bare.url('hub:hunter2@'), { ca: bare.ca });
    await expect(secure.tell('ada@example.org')).resolves.toMatchObject([
      { kind: 'retry', reason: expect.stringContaining('HUB_SMTP_TLS') },
    ]);
    expect(bare.recipients).toEqual([]);
    const plain = mailer(bare.url(), { tls: 'off' });
    await expect(plain.tell('ada@example.org')).resolves.toMatchObject([{ kind: 'delivered' }]);
    await Promise.all([secure.close(), plain.close()]);
    await bare.stop();
  });

  it.each([
    ['closes at once', (socket: { destroy(): void }) => socket.destroy()],
    ['speaks something else', (socket: { end(text: string): void }) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['turns everybody away', (socket: { end(text: string): void }) => socket.end('554 5.3.2 not today\r\n')],
  ])('tries again when whatever listens there %s', async (_what, behave) => {
    const odd = await listen(behave);
    const lost = mailer(odd.url);
    await expect(lost.tell('ada@example.org')).resolves.toMatchObject([{ kind: 'retry' }]);
    await lost.close();
    await odd.stop();
  });

  it('tries again when nobody listens', async () => {
    const gone = await listen(() => undefined);
    await gone.stop();
    const lost = mailer(gone.url);
    await expect(lost.tell('ada@example.org')).resolves.toMatchObject([
      { kind: 'retry', reason: expect.stringContaining('cannot be reached') },
    ]);
    await lost.close();
  });
});

describe('the email channel', () => {
  it.each<[string, Partial<EmailSettings>, Partial<ChannelDeps<EmailSettings>>, RegExp]>([
    ['a mail server', { url: null }, {}, /^SMTP_URL is not set/],
    ['a user that can be read', { url: 'smtp://50%:hunter2@localhost' }, {}, /^SMTP_URL holds a %(?!.*hunter)/],
    ['a sender', { from: null }, {}, /^HUB_EMAIL_FROM is not set/],
    ['a way to unsubscribe', {}, { unsubscribe: null }, /^HUB_PUBLIC_URL and HUB_UNSUBSCRIBE_SECRET are not set/],
  ])('cannot be made without %s', (_what, own, deps, message) => {
    const settings = { ...fallbacksOf(variables), url: 'smtp://localhost', from: FROM, ...own };
    expect(() => email(sampleDeps(settings, deps).deps)).toThrow(message);
  });
});
