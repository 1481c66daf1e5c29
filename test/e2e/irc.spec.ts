import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ChannelModel } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { createTestCertificate } from '../support/certificates';
import { compileHub, HubProcess } from '../support/hub-process';
import { IrcPerson } from '../support/irc-person';
import { IrcServer } from '../support/irc-server';
import { insertBuild } from '../support/rows';

const QUEUE = 'reporting.jobs.builds';

describe('a Hub process that speaks on IRC', () => {
  const home = mkdtempSync(join(tmpdir(), 'hub-irc-'));
  let database: TestDatabase;
  let broker: TestBroker;
  let connection: ChannelModel;
  let server: IrcServer;
  let hub: HubProcess;

  beforeAll(async () => {
    compileHub();
    const certificate = await createTestCertificate();
    writeFileSync(join(home, 'authority.pem'), certificate.authority);
    [database, broker, server] = await Promise.all([
      createTestDatabase(),
      createTestBroker(),
      IrcServer.start({ certificate, penalties: true }),
    ]);
    connection = await connect(broker.url);
    hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      HUB_CHANNELS: 'irc=deliver',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1,localhost',
      NODE_EXTRA_CA_CERTS: join(home, 'authority.pem'),
    });
    await hub.line(({ msg }) => msg === 'consuming');
  }, 120_000);

  afterAll(async () => {
    await hub.destroy();
    await connection.close();
    await Promise.all([server.stop(), broker.drop(), database.drop()]);
    rmSync(home, { recursive: true });
  });

  /** A build of one job that a worker reports as failed. */
  const failingBuild = async (irc: unknown): Promise<number> => {
    const { buildId, jobIds } = await insertBuild(database, { jobs: 1, config: { notifications: { irc } } });
    const channel = await connection.createConfirmChannel();
    for (const state of ['started', 'failed']) {
      const type = state === 'started' ? 'job:test:start' : 'job:test:finish';
      const times = {
        started_at: '2026-01-01T00:00:00Z',
        ...(state === 'failed' && { finished_at: '2026-01-01T00:01:00Z' }),
      };
      channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify({ id: jobIds[0], state, ...times })), { type });
    }
    await channel.waitForConfirms();
    await channel.close();
    return buildId;
  };
  const states = () => database.query("SELECT state, attempts FROM hub.deliveries WHERE channel = 'irc' ORDER BY id");

  it('tells builds over TLS with an authority of its own, also those that end while the server is away', async () => {
    const section = { channels: `ircs://localhost:${server.tlsPort}#builds`, template: '%{build_id} %{result}' };
    let ada = await IrcPerson.arrive(server.port, 'ada', ['#builds']);
    const first = await failingBuild(section);
    await ada.hears(new RegExp(`^:travis-ci!\\S+ PRIVMSG #builds :${first} failed$`));

    await server.down();
    const [second, third] = [await failingBuild(section), await failingBuild(section)];
    await eventually(async () => {
      const pending = await database.query(
        "SELECT 1 FROM hub.deliveries WHERE channel = 'irc' AND state = 'pending' AND attempts > 0",
      );
      expect(pending).toHaveLength(2);
    });
    await server.up();
    ada.leave();
    ada = await IrcPerson.arrive(server.port, 'ada', ['#builds']);
    for (const build of [second, third]) await ada.hears(new RegExp(`#builds :${build} failed$`), 60_000);
    await eventually(async () => expect(await states()).toMatchObject(Array(3).fill({ state: 'delivered' })));
    expect(ada.saidIn('#builds')).toHaveLength(2);

    hub.kill('SIGTERM');
    await ada.hears(/^:travis-ci!\S+ QUIT .*until the next build/);
    expect(await hub.exited).toBe(0);
    ada.leave();
  }, 120_000);
});
