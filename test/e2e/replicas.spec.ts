import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { Client } from 'pg';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../support';
import { ROUNDS } from '../support/fleet-story';
import { compileHub, HubProcess } from '../support/hub-process';
import { publishRound, type StoryBuild } from '../support/publish-round';
import { endsOf, insertStories, readEnds } from '../support/story-builds';

const QUEUE = 'reporting.jobs.builds';
const REPLICAS = 4;
const BUILDS_PER_STORY = 12;

describe('four replicas on one queue, beside a program that updates the same rows in another order', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  const hubs: HubProcess[] = [];
  let builds: StoryBuild[];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    connection = await connect(broker.url);
    channel = await connection.createConfirmChannel();
    builds = await insertStories(database, BUILDS_PER_STORY);
    for (let i = 0; i < REPLICAS; i++) hubs.push(startHub());
    for (const hub of hubs) await hub.line(({ msg }) => msg === 'consuming');
  }, 120_000);

  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await connection.close();
    await broker.drop();
    await database.drop();
  });

  it('end with every state right and no deadlock that anybody sees', async () => {
    const disturbance = disturb();
    for (let round = 0; round < ROUNDS; round++) {
      const events = await countEvents();
      const published = await publishRound(channel, QUEUE, builds, round);
      await broker.drained(QUEUE);
      await eventually(async () => expect(await applied()).toBe(true), { timeoutMs: 60_000 });
      expect(published === 0 || (await countEvents()) > events).toBe(true);
    }
    await disturbance.stop();

    expect(await readEnds(database, builds)).toEqual(endsOf(builds));
    // The other program has its own way with deadlocks; Hub never lets one out.
    expect(hubs.flatMap((hub) => hub.lines).filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
    expect(await database.query('SELECT reason FROM hub.parked_messages')).toEqual([]);
    expect(disturbance.rounds).toBeGreaterThan(10);
  }, 240_000);

  function startHub(): HubProcess {
    return new HubProcess({
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      LOG_LEVEL: 'info',
    });
  }

  async function countEvents(): Promise<number> {
    const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM hub.events');
    return row?.n ?? 0;
  }

  /** Whether no replica holds a message: asked of the replicas, since the queue only counts what is not handed out. */
  async function applied(): Promise<boolean> {
    const counts = await Promise.all(hubs.map((hub) => hub.metric('hub_messages_in_flight')));
    return counts.every((count) => count === 0);
  }

  /** Touches jobs, repositories and builds highest id first, the opposite of Hub's order, as fast as it can. */
  function disturb(): { rounds: number; stop(): Promise<void> } {
    const state = { rounds: 0, stop };
    let stopping = false;
    const loop = (async () => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      const ids = builds.flatMap(({ rows }) => rows.jobIds).reverse();
      const buildIds = builds.map(({ rows }) => rows.buildId).reverse();
      while (!stopping) {
        try {
          await client.query('BEGIN');
          for (const id of ids.slice(0, 5))
            await client.query('UPDATE jobs SET priority = coalesce(priority, 0) + 1 WHERE id = $1', [id]);
          await client.query('UPDATE repositories SET description = $1', [String(state.rounds)]);
          for (const id of buildIds.slice(0, 5))
            await client.query(`UPDATE builds SET pull_request_title = 'x' WHERE id = $1`, [id]);
          await client.query('COMMIT');
        } catch (error) {
          if ((error as { code?: string }).code !== '40P01') throw error;
          await client.query('ROLLBACK');
        }
        ids.push(...ids.splice(0, 5));
        buildIds.push(...buildIds.splice(0, 5));
        state.rounds += 1;
      }
      await client.end();
    })();
    async function stop(): Promise<void> {
      stopping = true;
      await loop;
    }
    return state;
  }
});
