import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { ROUNDS, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { publishRound, type StoryBuild } from '../support/publish-round';
import { insertBuild } from '../support/rows';
import { WebhookSink } from '../support/webhook-sink';

const QUEUE = 'reporting.jobs.builds';
const BUILDS_PER_STORY = 87;
/**
 * How a Hub dies in each round: at a named point, for which one has to be started, or, where none is named, at any moment.
 * What comes of each point by itself is another test's business.
 */
const DEATHS: readonly (string | undefined)[] = [
  'after-receive:40',
  'before-commit:1',
  undefined,
  'after-commit:2',
  undefined,
  'after-send:5',
  undefined,
  undefined,
  undefined,
  'after-commit:1',
];

describe('a Hub that is killed again and again', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let sink: WebhookSink;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const hubs: HubProcess[] = [];
  const builds: StoryBuild[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    sink = await WebhookSink.start();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    const config = { notifications: { webhooks: { urls: [sink.url], on_start: 'always' } } };
    for (const story of STORIES) {
      const jobs = story.jobs.map((job) => job.stage).filter((stage) => stage !== null);
      for (let i = 0; i < BUILDS_PER_STORY; i++) {
        const rows = await insertBuild(database, { jobs: jobs.length > 0 ? jobs : story.jobs.length, config });
        builds.push({ story, rows });
      }
    }
  }, 120_000);

  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await connection.close();
    await sink.close();
    await broker.drop();
    await database.drop();
  });

  it('loses no message, doubles no event and tells every webhook, also when one of two never comes back', async () => {
    let messages = 0;
    let survivor: HubProcess | undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const death = DEATHS[round];
      // Points are armed at the start; any moment may as well be one of the Hub that is there.
      if (survivor && death !== undefined) await kill(survivor);
      const doomed: HubProcess = survivor && death === undefined ? survivor : startHub(death);
      // In the last round two replicas share the queue, and the doomed one never comes back.
      const other = round === ROUNDS - 1 ? startHub() : undefined;
      for (const hub of [doomed, ...(other ? [other] : [])]) await hub.line(({ msg }) => msg === 'consuming');
      messages += await publishRound(channel, QUEUE, builds, round);
      // A named point is reached by itself; if it were not, this would wait until the test is given up.
      if (death === undefined) setTimeout(() => doomed.kill('SIGKILL'), Math.random() * 300);
      expect(await doomed.exited).toBeNull();
      survivor = other ?? startHub();
      await broker.drained(QUEUE);
    }
    expect(messages).toBeGreaterThanOrEqual(5_000);

    await eventually(
      async () => {
        const rows = await database.query<{ n: number }>(
          `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::int + (SELECT count(*) FROM hub.deliveries WHERE state = 'pending')::int AS n`,
        );
        expect(rows).toEqual([{ n: 0 }]);
      },
      { timeoutMs: 60_000 },
    );
    await compareWithModel();
    await compareWebhooks();
  }, 240_000);

  function startHub(death?: string): HubProcess {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      // Few enough that one of two replicas does not take a whole round.
      HUB_PREFETCH: '40',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
      ...(death !== undefined && { HUB_TEST_FAULT: death }),
    });
    hubs.push(hub);
    return hub;
  }

  async function kill(hub: HubProcess): Promise<void> {
    hub.kill('SIGKILL');
    await hub.exited;
  }

  async function compareWithModel(): Promise<void> {
    const ids = builds.map(({ rows }) => rows.buildId);
    const states = await database.query<{ id: number; state: string }>(
      'SELECT id, state FROM builds WHERE id = ANY ($1)',
      [ids],
    );
    const jobs = await database.query<{ build: number; states: string[] }>(
      'SELECT source_id AS build, array_agg(state ORDER BY id) AS states FROM jobs WHERE source_id = ANY ($1) GROUP BY 1',
      [ids],
    );
    const events = await database.query<{ build_id: number; names: string[]; first: number; last: number }>(
      `SELECT build_id, array_agg(name ORDER BY name) AS names, min(seq) AS first, max(seq) AS last FROM hub.events GROUP BY 1`,
    );
    const stateOf = new Map(states.map((row) => [row.id, row.state]));
    const jobsOf = new Map(jobs.map((row) => [row.build, row.states]));
    const eventsOf = new Map(events.map((row) => [row.build_id, row]));
    const got = builds.map(({ story, rows }) => {
      const log = eventsOf.get(rows.buildId);
      return {
        story: story.name,
        build: stateOf.get(rows.buildId),
        jobs: jobsOf.get(rows.buildId),
        events: [...(log?.names ?? [])].sort(),
        gapless: log?.first === 1 && log.last === log.names.length,
      };
    });
    expect(got).toEqual(
      builds.map(({ story }) => ({
        story: story.name,
        build: story.end,
        jobs: story.jobs.map((job) => job.end),
        events: story.events,
        gapless: true,
      })),
    );
  }

  async function compareWebhooks(): Promise<void> {
    const deliveries = await database.query<{ id: number; state: string }>(
      `SELECT id, state FROM hub.deliveries WHERE channel = 'webhook'`,
    );
    const expected = builds.flatMap(({ story }) =>
      story.events.filter((name) => ['build:started', 'build:finished', 'build:canceled'].includes(name)),
    );
    expect(deliveries).toHaveLength(expected.length);
    expect(deliveries.filter(({ state }) => state !== 'delivered')).toEqual([]);
    const bodies = new Map<string, Set<string>>();
    for (const { id, body } of sink.received) bodies.set(id, (bodies.get(id) ?? new Set()).add(body));
    // A repeat carries the id and the body of the first try, so that a receiver can tell.
    expect(bodies.size).toBe(expected.length);
    expect([...bodies.values()].filter((set) => set.size !== 1)).toEqual([]);
  }
});
