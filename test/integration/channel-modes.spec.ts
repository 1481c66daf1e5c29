import { Channels } from '../../src/notifications';
import { bootstrap, type RunningHub } from '../../src/main';
import { DatabaseState } from '../../src/database';
import { createTestDatabase, type TestDatabase } from '../support';

describe('what becomes of notices when nothing is configured', () => {
  let database: TestDatabase;
  let hub: RunningHub;

  afterEach(async () => {
    await hub.stop();
    await database.drop();
  });

  async function delivering(travis: boolean, environment: Record<string, string> = {}): Promise<string[]> {
    database = await createTestDatabase({ travis });
    const base = { DATABASE_URL: database.url, HTTP_BASIC_AUTH: 'test:a-long-test-password', PORT: '0' };
    hub = await bootstrap({ ...base, LOG_LEVEL: 'silent', ...environment });
    await hub.app.get(DatabaseState).waitUntilReady();
    return hub.app.get(Channels, { strict: false }).delivering.map(({ name }) => name);
  }

  it('is that Hub sends webhooks on a database of its own', async () => {
    expect(await delivering(false)).toEqual(['webhook']);
  });

  it('is that an existing Travis installation goes on telling people, so that nobody is told twice', async () => {
    expect(await delivering(true)).toEqual([]);
  });

  it('is overruled by what is configured', async () => {
    expect(await delivering(true, { HUB_CHANNELS: 'webhook=deliver' })).toEqual(['webhook']);
  });
});

it('a Hub that is told of a channel or host that cannot be does not start', async () => {
  const environment = {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    HTTP_BASIC_AUTH: 'test:a-long-test-password',
    PORT: '0',
    LOG_LEVEL: 'silent',
  };
  // Taken silently, the first one would leave webhooks on beside the service that they were handed over to.
  await expect(bootstrap({ ...environment, HUB_CHANNELS: 'webhok=handover' })).rejects.toThrow(
    'HUB_CHANNELS names "webhok", but the channels are: log, webhook.',
  );
  await expect(bootstrap({ ...environment, HUB_WEBHOOK_ALLOWED_HOSTS: '10.0.0.0/99' })).rejects.toThrow(
    'HUB_WEBHOOK_ALLOWED_HOSTS cannot be used',
  );
});
