import { EVENT_NAMES } from '../../src/contracts/event';
import { Channels } from '../../src/notifications';
import { bootstrap, type RunningHub } from '../../src/main';
import { DatabaseState } from '../../src/database';
import { findChannels } from '../../src/notifications/load-channels';
import { createTestDatabase, type TestDatabase } from '../support';

/** Nothing is handed over in these tests: it is enough that a Redis is configured. */
const REDIS_URL = 'redis://127.0.0.1:1';
const HANDOVERS = [
  ...['billing', 'campfire', 'email', 'flowdock', 'github-checks', 'github-status', 'hipchat', 'insights', 'intercom'],
  ...['irc', 'logsearch', 'pusher', 'pushover', 'scheduler', 'slack', 'webhook'],
];
/** Told at an address of their own; many installations have none of them. */
const RARE = ['artifact-manager', 'keen', 'merge', 'trace-processor'];
const MEMCACHED = { STATES_CACHE_MEMCACHED_SERVERS: '127.0.0.1:1' };
const ENABLED = { INSIGHTS_ENABLED: 'true', LOGSEARCH_ENABLED: 'true' };

const NAMES = [...new Set([...HANDOVERS, ...RARE, 'states-cache', ...findChannels().map(({ name }) => name)])].sort();

describe('what becomes of notices when nothing is configured', () => {
  let database: TestDatabase;
  let hub: RunningHub;

  afterEach(async () => {
    await hub.stop();
    await database.drop();
  });

  async function start(travis: boolean, environment: Record<string, string> = {}): Promise<Channels> {
    database = await createTestDatabase({ travis });
    const base = { DATABASE_URL: database.url, HTTP_BASIC_AUTH: 'test:a-long-test-password', PORT: '0' };
    hub = await bootstrap({ ...base, LOG_LEVEL: 'silent', ...environment });
    await hub.app.get(DatabaseState).waitUntilReady();
    return hub.app.get(Channels, { strict: false });
  }
  const namesOf = (channels: readonly { name: string }[]) => channels.map(({ name }) => name);

  it('is that Hub sends webhooks on a database of its own', async () => {
    const { delivering, handingOver } = await start(false, { REDIS_URL });
    expect([namesOf(delivering), namesOf(handingOver)]).toEqual([['webhook'], []]);
  });

  it('is that an existing Travis installation goes on telling people, so that nobody is told twice', async () => {
    const { delivering, handingOver, stranded, events } = await start(true, { REDIS_URL, ...ENABLED, ...MEMCACHED });
    expect([namesOf(delivering), stranded]).toEqual([[], {}]);
    expect(namesOf(handingOver).sort()).toEqual(
      [...HANDOVERS, 'states-cache'].sort().map((name) => `handover-${name}`),
    );
    expect([...events].sort()).toEqual([...EVENT_NAMES].sort());
  });

  it('is that nothing goes into queues that nobody is said to read, unless it is named', async () => {
    const { handingOver } = await start(true, { REDIS_URL, HUB_CHANNELS: 'logsearch=handover' });
    expect(namesOf(handingOver)).toContain('handover-logsearch');
    expect(namesOf(handingOver)).not.toContain('handover-insights');
  });

  it('is that services with an address of their own are told when it was given', async () => {
    const services = {
      ARTIFACT_MANAGER_URL: 'http://127.0.0.1:1',
      ARTIFACT_MANAGER_AUTH_KEY: 'key',
      KEEN_PROJECT_ID: 'project',
      KEEN_WRITE_KEY: 'key',
      MERGE_API_URL: 'http://127.0.0.1:1',
      MERGE_API_TOKEN: 'token',
      NOTIFY_MERGE: '1',
      TRACEPROC_ENABLED: 'true',
      TRACEPROC_URL: 'http://user:password@127.0.0.1:1',
    };
    const { handingOver } = await start(true, services);
    expect(namesOf(handingOver).sort()).toEqual(RARE.map((name) => `handover-${name}`));
  });

  it('is that nothing is handed over when nobody said where, which is said once', async () => {
    const { delivering, handingOver, stranded, events } = await start(true, ENABLED);
    expect([namesOf(delivering), namesOf(handingOver), events]).toEqual([[], [], []]);
    expect(stranded).toEqual({
      ...Object.fromEntries(HANDOVERS.map((name) => [name, 'REDIS_URL'])),
      'states-cache': 'STATES_CACHE_MEMCACHED_SERVERS',
    });
  });

  it('is overruled by what is configured, and never both', async () => {
    const channels = await start(true, {
      ...ENABLED,
      REDIS_URL,
      HUB_CHANNELS: 'webhook=deliver,scheduler=off,insights=off',
    });
    expect(namesOf(channels.active).sort()).toEqual(
      [
        'webhook',
        ...HANDOVERS.filter((name) => !['webhook', 'scheduler', 'insights'].includes(name)).map(
          (name) => `handover-${name}`,
        ),
      ].sort(),
    );
  });

  it('is that only what somebody wants to hear of is planned', async () => {
    const { events } = await start(false, { REDIS_URL, HUB_CHANNELS: 'webhook=off,scheduler=handover' });
    expect([...events].sort()).toEqual(['job:canceled', 'job:created', 'job:finished', 'job:restarted']);
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
    `HUB_CHANNELS names "webhok", but the channels are: ${NAMES.join(', ')}.`,
  );
  await expect(bootstrap({ ...environment, HUB_CHANNELS: 'scheduler=deliver,log=handover' })).rejects.toThrow(
    /"scheduler" to deliver, which it cannot do. Choose one of: handover, off.*\n.*"log" to handover.*deliver, off/,
  );
  await expect(bootstrap({ ...environment, HUB_WEBHOOK_ALLOWED_HOSTS: '10.0.0.0/99' })).rejects.toThrow(
    'HUB_WEBHOOK_ALLOWED_HOSTS cannot be used',
  );
});
