import { createHash } from 'node:crypto';
import { Batcher, normaliseMessage } from '../../src/intake';
import { hashAddress, signToken } from '../../src/notifications/unsubscribe/token';
import { eventually } from '../support';
import { MailServer, type ReceivedMail } from '../support/mail-server';
import { SmtpStub } from '../support/smtp-stub';
import { ENCRYPTION_KEY, insertTravisBuild, secure, type TravisBuild } from '../support/travis-build';
import { startApiApp, type ApiApp } from './api-app';

const SECRET = 'thirty-two-characters-or-even-more';
const ENVIRONMENT = {
  HUB_CHANNELS: 'email=deliver',
  HUB_EMAIL_FROM: 'Hub <hub@mail.test>',
  HUB_PUBLIC_URL: 'https://hub.example.org',
  HUB_UNSUBSCRIBE_SECRET: SECRET,
  ENCRYPTION_KEY,
};
const AUTHOR = 'svenfuchs@mail.test';
const COMMITTER = 'rkh@mail.test';
const STRANGER = 'eve@mail.test';

/** A build whose author and committer are members of its repository. */
async function insertBuild(hub: ApiApp, config: object = {}): Promise<TravisBuild> {
  const build = await insertTravisBuild(hub.database, { config });
  await hub.database.query(`UPDATE emails SET email = replace(email, 'example.org', 'mail.test')`);
  await hub.database.query(`UPDATE commits SET author_email = $2, committer_email = $3 WHERE id = $1`, [
    build.commitId,
    AUTHOR,
    COMMITTER,
  ]);
  return build;
}

async function send(hub: ApiApp, type: string, body: object): Promise<void> {
  await hub.app.get(Batcher).submit(normaliseMessage(type, body));
}

/** A worker takes the build's job and fails; later times the job is restarted first. */
async function fail(
  hub: ApiApp,
  { buildId, jobId: id }: TravisBuild,
  time: 'first' | 'again' = 'first',
): Promise<void> {
  if (time === 'first') await send(hub, 'build:create', { id: buildId });
  else await send(hub, 'job:restart', { id });
  await send(hub, 'job:receive', { id });
  await send(hub, 'job:start', { id });
  await send(hub, 'job:finish', { id, state: 'failed' });
}

async function allDone(hub: ApiApp): Promise<void> {
  await eventually(async () => {
    const [open] = await hub.rows(
      `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL) AS unplanned,
              (SELECT count(*) FROM hub.deliveries WHERE state = 'pending') AS pending`,
    );
    expect(open).toEqual({ unplanned: 0, pending: 0 });
  });
}

/** Where a mail says that one click unsubscribes, without the host, which is not there in tests. */
function linkOf(mail: ReceivedMail): string {
  const [, post = ''] = /^List-Unsubscribe-Post: (.*?)\r?$/im.exec(mail.raw) ?? [];
  const [, url = ''] = /^List-Unsubscribe:\s+<(https:\/\/hub\.example\.org[^>\s]+)>/im.exec(mail.raw) ?? [];
  expect(post).toBe('List-Unsubscribe=One-Click');
  // What people click on is the same.
  expect(mail.text).toContain(`Unsubscribe: ${url}`);
  expect(mail.html).toContain(`href="${url}"`);
  return new URL(url).pathname;
}

/** What a mail program does when somebody presses its button (RFC 8058). */
const oneClick = (hub: ApiApp, link: string) =>
  hub.anonymous('post', link).type('form').send('List-Unsubscribe=One-Click');

describe.each([
  { where: 'a database of its own', travis: false },
  { where: 'the database of a Travis installation', travis: true },
])('unsubscribing from mail, on $where', ({ travis }) => {
  let server: MailServer;
  let hub: ApiApp;

  beforeAll(async () => {
    server = await MailServer.start(['svenfuchs', 'rkh', 'eve']);
    hub = await startApiApp({ ...ENVIRONMENT, SMTP_URL: server.url(), HUB_SMTP_CA: server.ca }, { travis });
  });
  afterAll(async () => {
    await hub.close();
    await server.stop();
  });

  /** Whom the mails went to that have come since there were so many. */
  async function mailedSince(count: number): Promise<string[]> {
    await allDone(hub);
    return (await server.mails()).slice(count).map(({ deliveredTo }) => deliveredTo);
  }

  it('works for a member with one click, and back', async () => {
    const before = (await server.mails()).length;
    const build = await insertBuild(hub);
    await fail(hub, build);
    const mails = (await server.arrived(before + 2)).slice(before);
    expect(mails.map(({ deliveredTo }) => deliveredTo).sort()).toEqual([COMMITTER, AUTHOR]);
    const link = linkOf(mails.find(({ deliveredTo }) => deliveredTo === COMMITTER)!);

    await oneClick(hub, link).expect(200);
    await expect(
      hub.rows('SELECT user_id, repository_id FROM email_unsubscribes WHERE repository_id = $1', build.repositoryId),
    ).resolves.toEqual([{ user_id: build.committerId, repository_id: build.repositoryId }]);
    await fail(hub, build, 'again');
    await server.arrived(before + 3);
    await expect(mailedSince(before + 2)).resolves.toEqual([AUTHOR]);

    const page = await hub.anonymous('get', link).expect(200);
    const [, action = ''] = /action="([^"]+)"><button>Subscribe again/.exec(page.text) ?? [];
    await hub.anonymous('post', new URL(action, `http://hub${link}`).pathname).expect(200);
    await fail(hub, build, 'again');
    await server.arrived(before + 5);
    expect((await mailedSince(before + 3)).sort()).toEqual([COMMITTER, AUTHOR]);
  });

  it('works for an address that is named and encrypted, which is written down nowhere', async () => {
    const before = (await server.mails()).length;
    const build = await insertBuild(hub, { notifications: { email: secure(STRANGER) } });
    await fail(hub, build);
    const [mail] = (await server.arrived(before + 1)).slice(before);
    const link = linkOf(mail!);
    expect(link).not.toContain(Buffer.from(STRANGER).toString('base64url').slice(0, 8));

    await oneClick(hub, link).expect(200);
    await fail(hub, build, 'again');
    await expect(mailedSince(before + 1)).resolves.toEqual([]);
    const rows = await hub.rows<object>('SELECT * FROM hub.mail_unsubscribes');
    expect(rows).toMatchObject([{ repository_id: build.repositoryId, address_hash: hashAddress(STRANGER) }]);
    const kept = await hub.rows(`SELECT d::text FROM hub.deliveries d UNION ALL SELECT e::text FROM hub.events e`);
    expect(JSON.stringify([rows, kept])).not.toContain('eve@');

    await hub.anonymous('post', link.replace('unsubscribe', 'subscribe')).expect(200);
    await expect(hub.rows('SELECT * FROM hub.mail_unsubscribes')).resolves.toEqual([]);
    await fail(hub, build, 'again');
    await server.arrived(before + 2);
    await expect(mailedSince(before + 1)).resolves.toEqual([STRANGER]);
  });
});

describe('the address for unsubscribing', () => {
  let stub: SmtpStub;
  let hub: ApiApp;
  let build: TravisBuild;
  let token: string;
  const path = (text: string): string => `/mail/unsubscribe/${text}`;

  beforeAll(async () => {
    stub = await SmtpStub.start();
    hub = await startApiApp({ ...ENVIRONMENT, SMTP_URL: stub.url(), HUB_SMTP_CA: stub.ca });
    build = await insertBuild(hub);
    token = signToken({ repositoryId: build.repositoryId, addressHash: hashAddress(COMMITTER) }, SECRET);
  });
  afterAll(async () => {
    await hub.close();
    await stub.stop();
  });
  afterEach(async () => {
    await hub.database.query('DELETE FROM email_unsubscribes');
    await hub.database.query('DELETE FROM hub.mail_unsubscribes');
  });
  const unsubscribed = async (): Promise<number> =>
    (
      await hub.rows(
        'SELECT repository_id FROM email_unsubscribes UNION ALL SELECT repository_id FROM hub.mail_unsubscribes',
      )
    ).length;

  it('changes nothing when it is only looked at, as mail servers do', async () => {
    const page = await hub.anonymous('get', path(token)).expect(200);
    expect(page.text).toContain('<button>Unsubscribe</button>');
    expect(page.text).toContain('svenfuchs/minimal');
    await expect(unsubscribed()).resolves.toBe(0);
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
    [
      'parts',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    ],
    ['nothing', 'text/plain', ''],
    ['more than it reads', 'application/octet-stream', 'x'.repeat(1_000_000)],
  ])('takes %s, without credentials, as often as it is sent', async (_what, type, body) => {
    for (const _time of [1, 2]) {
      const page = await hub.anonymous('post', path(token)).set('Content-Type', type).send(body).expect(200);
      expect(page.text).toContain('You are unsubscribed');
    }
    await expect(unsubscribed()).resolves.toBe(1);
  });

  it('gives out pages that load nothing, send nothing elsewhere and are neither framed nor kept', async () => {
    const page = await hub.anonymous('get', path(token)).expect(200).expect('Content-Type', 'text/html; charset=utf-8');
    expect(page.headers).toMatchObject({
      'content-security-policy': expect.stringMatching(
        /^default-src 'none'; style-src 'sha256-[^;]+; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
      ),
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      'x-robots-tag': 'noindex',
    });
    expect(page.text).not.toMatch(/<script|<img|<link|style="/);
    const [, style = ''] = /<style>([^]*)<\/style>/.exec(page.text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(page.headers['content-security-policy']).toContain(`'sha256-${hash}'`);
  });

  it('shows a name as it is', async () => {
    await hub.database.query(`UPDATE repositories SET name = '<b>&' WHERE id = $1`, [build.repositoryId]);
    const { text } = await hub.anonymous('get', path(token));
    await hub.database.query(`UPDATE repositories SET name = 'minimal' WHERE id = $1`, [build.repositoryId]);
    expect(text).toContain('svenfuchs/&lt;b&gt;&amp;');
    expect(text).not.toContain('<b>');
  });

  it.each([
    [
      'a token of another secret',
      () => signToken({ repositoryId: build.repositoryId, addressHash: hashAddress(COMMITTER) }, `${SECRET}!`),
    ],
    ['another repository', () => token.replace(/^\d+/, '999')],
    ['no token', () => 'x'],
    ['a very long one', () => 'x'.repeat(10_000)],
    [
      'a repository that is gone',
      () => signToken({ repositoryId: 999_999, addressHash: hashAddress(COMMITTER) }, SECRET),
    ],
  ])('does nothing with %s and says so', async (_what, make) => {
    for (const method of ['get', 'post'] as const) {
      const { text } = await hub.anonymous(method, path(make())).expect(404);
      expect(text).toContain('This link does not work');
    }
    await expect(unsubscribed()).resolves.toBe(0);
  });

  it('refuses what is no url encoding', async () => {
    await hub.anonymous('post', path('%E0%A4%A')).expect(400);
  });

  it('is not there without a secret', async () => {
    const bare = await startApiApp({});
    await bare.anonymous('post', path(token)).expect(404);
    await bare.close();
  });

  it('stops a mail that was to be sent once more', async () => {
    stub.reply = { to: '451 4.2.0 later' };
    await fail(hub, build);
    await eventually(async () => {
      const rows = await hub.rows('SELECT last_reason FROM hub.deliveries');
      const later = { last_reason: expect.stringContaining('asks to try again later') };
      expect(rows).toEqual([later, later]);
    });
    await oneClick(hub, path(token)).expect(200);
    stub.reply = {};
    await allDone(hub);
    await expect(hub.rows(`SELECT target, state, last_reason FROM hub.deliveries ORDER BY target`)).resolves.toEqual([
      { target: COMMITTER, state: 'dropped', last_reason: expect.stringMatching(/unsubscribed|no longer names/) },
      { target: AUTHOR, state: 'delivered', last_reason: null },
    ]);
    expect(stub.mails).toHaveLength(1);
  });
});
