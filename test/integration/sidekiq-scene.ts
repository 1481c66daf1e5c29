import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config';
import { DatabaseState } from '../../src/database';
import { messagesInFlight } from '../../src/metrics';
import { createTestDatabase, createTestRedis, eventually, type TestDatabase, type TestRedis } from '../support';
import { insertBuild, type BuildRows } from '../support/rows';
import { jobsInRedis, push, sidekiqJob, type Encoding } from '../support/sidekiq';
import { TcpProxy } from '../support/tcp-proxy';

/** All of Hub without a broker, on a database and a Redis of its own, each behind a proxy. */
export class SidekiqScene {
  private constructor(
    readonly app: INestApplication,
    readonly database: TestDatabase,
    readonly redis: TestRedis,
    readonly databaseLine: TcpProxy,
    readonly redisLine: TcpProxy,
  ) {}

  static async open(): Promise<SidekiqScene> {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    const lines = await Promise.all([TcpProxy.start(database.url), TcpProxy.start(redis.url)]);
    const config = loadConfig({
      DATABASE_URL: lines[0].url,
      REDIS_URL: lines[1].url,
      HTTP_BASIC_AUTH: 'alice:wonderland',
      LOG_LEVEL: 'silent',
    });
    const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] }).compile();
    module.useLogger(false);
    const app = module.createNestApplication();
    await app.init();
    await app.get(DatabaseState).waitUntilReady();
    return new SidekiqScene(app, database, redis, ...lines);
  }

  async close(): Promise<void> {
    await this.app.close();
    await Promise.all([this.databaseLine.close(), this.redisLine.close()]);
    await Promise.all([this.database.drop(), this.redis.drop()]);
  }

  createBuild(jobs = 1): Promise<BuildRows> {
    return insertBuild(this.database, { jobs });
  }

  /** Queues a job and waits until Hub has settled it. */
  async send(event: string, payload: unknown, encoding?: Encoding, changes?: Record<string, unknown>): Promise<void> {
    await push(this.redis.client, sidekiqJob(event, payload, encoding, changes));
    await this.settled();
  }

  /** Waits until Redis has nothing left of the queue. */
  async settled(): Promise<void> {
    await eventually(async () => expect(await jobsInRedis(this.redis.client)).toEqual({ waiting: 0, inProgress: 0 }), {
      timeoutMs: 20_000,
    });
  }

  /** Waits until Hub has so many jobs in hand. What Redis has in progress may still be on its way to it. */
  async inHand(jobs: number): Promise<void> {
    await eventually(async () => {
      expect(await jobsInRedis(this.redis.client)).toEqual({ waiting: 0, inProgress: jobs });
      const { values } = await messagesInFlight.get();
      expect(values[0]?.value).toBe(jobs);
    });
  }

  async job(id: number): Promise<{ state: string; restarted_by: number | null; started_at: Date | null }> {
    const [row] = await this.database.query<{ state: string; restarted_by: number | null; started_at: Date | null }>(
      'SELECT state, restarted_by, started_at FROM jobs WHERE id = $1',
      [id],
    );
    if (!row) throw new Error(`no job ${id}`);
    return row;
  }

  async build(id: number): Promise<{ state: string; finished_at: Date | null }> {
    const [row] = await this.database.query<{ state: string; finished_at: Date | null }>(
      'SELECT state, finished_at FROM builds WHERE id = $1',
      [id],
    );
    if (!row) throw new Error(`no build ${id}`);
    return row;
  }

  /** Names of the build's events, in order. */
  async eventsOf(buildId: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      'SELECT name FROM hub.events WHERE build_id = $1 ORDER BY seq',
      [buildId],
    );
    return rows.map(({ name }) => name);
  }

  /** What is to be done outside about a job, e.g. what its worker is told. */
  async sideEffects(jobId: number, channel: string): Promise<Record<string, unknown>[]> {
    const rows = await this.database.query<{ payload: Record<string, unknown> }>(
      'SELECT payload FROM hub.deliveries WHERE job_id = $1 AND channel = $2 ORDER BY id',
      [jobId, channel],
    );
    return rows.map(({ payload }) => payload);
  }
}
