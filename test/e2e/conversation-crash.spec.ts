import { connect } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { compileHub, HubProcess } from '../support/hub-process';
import { IrcPerson } from '../support/irc-person';
import { IrcServer } from '../support/irc-server';
import { insertBuild } from '../support/rows';
import { SmtpStub } from '../support/smtp-stub';
import { TcpProxy } from '../support/tcp-proxy';

const QUEUE = 'reporting.jobs.builds';

describe('a Hub that dies while a mail is not yet confirmed, and a line on IRC not either', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let mail: SmtpStub;
  let irc: IrcServer;
  let line: TcpProxy;
  const hubs: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    [database, broker, mail, irc] = await Promise.all([
      createTestDatabase(),
      createTestBroker(),
      SmtpStub.start(),
      IrcServer.start(),
    ]);
    line = await TcpProxy.start(`irc://127.0.0.1:${irc.port}`);
  }, 120_000);
  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await line.close();
    await Promise.all([mail.stop(), irc.stop(), broker.drop(), database.drop()]);
  });

  async function startHub(): Promise<HubProcess> {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      HUB_CHANNELS: 'webhook=off,email=deliver,irc=deliver',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      SMTP_URL: mail.url(),
      HUB_SMTP_CA: mail.ca,
      HUB_EMAIL_FROM: 'builds@example.org',
      HUB_PUBLIC_URL: 'https://hub.example.org',
      HUB_UNSUBSCRIBE_SECRET: 'a-secret-for-links-of-32-letters',
      PORT: '0',
    });
    hubs.push(hub);
    await hub.line(({ msg }) => msg === 'consuming');
    return hub;
  }

  async function publish(type: string, body: object): Promise<void> {
    const connection = await connect(broker.url);
    const channel = await connection.createConfirmChannel();
    channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(body)), { type, persistent: true });
    await channel.waitForConfirms();
    await connection.close();
  }

  const deliveries = () =>
    database.query('SELECT id, channel, state, attempts FROM hub.deliveries ORDER BY channel, id');

  it('says both once more when it is back, the mail under the same id, and then counts them as delivered', async () => {
    const ada = await IrcPerson.arrive(irc.port, 'ada', ['#builds']);
    const doomed = await startHub();
    const server = line.url.replace(/\/$/, '');
    const config = {
      notifications: {
        email: 'ada@example.org',
        irc: { channels: `${server}#builds`, template: 'build %{build_id} was %{result}' },
      },
    };
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1, config });

    // Both are heard, and neither server's word for it reaches Hub.
    mail.reply = { data: 'never' };
    const heard = Promise.all([mail.keptWaiting(), line.muteAfter('PRIVMSG #builds')]);
    await publish('job:finish', { id: jobIds[0], state: 'failed', finished_at: '2026-01-01T00:01:00Z' });
    await heard;
    await ada.hears(/PRIVMSG #builds :build/);
    const before = await deliveries();
    doomed.kill('SIGKILL');
    expect(await doomed.exited).toBeNull();
    expect(before).toMatchObject([
      { channel: 'email', state: 'pending', attempts: 1 },
      { channel: 'irc', state: 'pending', attempts: 1 },
    ]);

    mail.reply = {};
    await startHub();
    await eventually(
      async () =>
        expect(await deliveries()).toEqual(before.map((row) => ({ ...row, state: 'delivered', attempts: 2 }))),
      { timeoutMs: 40_000 },
    );
    const [first, again, ...more] = mail.received;
    expect(more).toEqual([]);
    expect(first?.messageId).toMatch(new RegExp(`^<hub\\.${before[0]?.id}\\.\\d+@example\\.org>$`));
    expect(again?.messageId).toBe(first?.messageId);
    expect(mail.recipients).toEqual(['ada@example.org', 'ada@example.org']);
    expect(ada.saidIn('#builds')).toEqual(Array(2).fill(`PRIVMSG build ${buildId} was failed`));
    ada.leave();
  }, 120_000);
});
