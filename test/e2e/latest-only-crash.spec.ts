import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Receiver } from '../contract/receiver';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { ROUNDS, STORIES } from '../support/fleet-story';
import { compileHub, HubProcess, OUT } from '../support/hub-process';
import { publishRound, type StoryBuild } from '../support/publish-round';
import { insertBuild } from '../support/rows';

const QUEUE = 'reporting.jobs.builds';
const PACKAGE = 'hub-channel-status';
const BUILDS_PER_STORY = 8;
/** By round: after how many deliveries a further Hub dies, between sending one and noting it. */
const DEATHS: Readonly<Record<number, number>> = { 0: 7, 3: 11, 6: 15 };

describe('a channel of which only the latest counts, told by Hubs that are killed', () => {
  const installation = join(OUT, '../..', 'statuses', process.env.JEST_WORKER_ID ?? '1');
  let database: TestDatabase;
  let broker: TestBroker;
  let receiver: Receiver;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const hubs: HubProcess[] = [];
  const builds: StoryBuild[] = [];
  /** What each delivery said, by its id, and the state that each build was said to have last. */
  const said = new Map<number, Set<string>>();
  const last = new Map<number, string>();
  let refused = 0;

  beforeAll(async () => {
    compileHub();
    mkdirSync(join(installation, 'node_modules'), { recursive: true });
    cpSync(join(__dirname, '../fixtures', PACKAGE), join(installation, 'node_modules', PACKAGE), { recursive: true });
    [database, broker, receiver] = await Promise.all([createTestDatabase(), createTestBroker(), Receiver.start()]);
    receiver.answer = ({ body }) => {
      // One in seven is refused, so that old states wait for another attempt while newer ones come.
      if (receiver.received.length % 7 === 0) {
        refused += 1;
        return { status: 503 };
      }
      const { build, state, delivery } = JSON.parse(body) as { build: number; state: string; delivery: number };
      said.set(delivery, (said.get(delivery) ?? new Set()).add(`${build} ${state}`));
      last.set(build, state);
      return { status: 200 };
    };
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    await channel.assertQueue(QUEUE, { durable: true });
    for (const story of STORIES) {
      const stages = story.jobs.map(({ stage }) => stage).filter((stage) => stage !== null);
      for (let i = 0; i < BUILDS_PER_STORY; i++) {
        const rows = await insertBuild(database, { jobs: stages.length > 0 ? stages : story.jobs.length });
        builds.push({ story, rows });
      }
    }
  }, 120_000);

  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await connection.close();
    await receiver.stop();
    await broker.drop();
    await database.drop();
    rmSync(installation, { recursive: true, force: true });
  });

  function startHub(death?: number): HubProcess {
    const hub = new HubProcess(
      {
        DATABASE_URL: database.url,
        RABBITMQ_URL: broker.url,
        HTTP_BASIC_AUTH: 'test:a-long-test-password',
        PORT: '0',
        HUB_CHANNELS: `${PACKAGE}=deliver,webhook=off`,
        STATUS_URL: receiver.url(),
        ...(death !== undefined && { HUB_TEST_FAULT: `after-send:${death}` }),
      },
      [],
      installation,
    );
    hubs.push(hub);
    return hub;
  }

  it('ends on the final state of every build, and every repeat says the same', async () => {
    const survivor = startHub();
    await survivor.line(({ msg }) => msg === 'consuming');
    const doomed: HubProcess[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      if (DEATHS[round] !== undefined) {
        const hub = startHub(DEATHS[round]);
        doomed.push(hub);
        await hub.line(({ msg }) => msg === 'consuming');
      }
      await publishRound(channel, QUEUE, builds, round);
    }
    expect(await Promise.race(doomed.map(({ exited }) => exited))).toBeNull();
    // Those that have not come so far die now, at any moment.
    for (const hub of doomed) hub.kill('SIGKILL');
    await broker.drained(QUEUE);
    await eventually(
      async () => {
        const [open] = await database.query<{ n: number }>(
          `SELECT ((SELECT count(*) FROM hub.events WHERE planned_at IS NULL)
                 + (SELECT count(*) FROM hub.deliveries WHERE state = 'pending' AND channel = 'status'))::int AS n`,
        );
        expect(open?.n).toBe(0);
      },
      { timeoutMs: 90_000 },
    );
    expect(builds.map(({ rows }) => last.get(rows.buildId))).toEqual(builds.map(({ story }) => story.end));
    expect([...said.values()].filter((states) => states.size !== 1)).toEqual([]);
    // What the test is about did happen.
    expect(refused).toBeGreaterThan(0);
    const [superseded] = await database.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM hub.deliveries WHERE channel = 'status' AND state = 'dropped'`,
    );
    expect(superseded?.n).toBeGreaterThan(0);
  }, 180_000);
});
