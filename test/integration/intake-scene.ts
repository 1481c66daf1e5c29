import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import { AppModule } from '../../src/app.module';
import { loadConfig } from '../../src/config';
import { DatabaseState } from '../../src/database';
import { RabbitmqIntake } from '../../src/intake';
import { createTestBroker, createTestDatabase, type TestBroker, type TestDatabase } from '../support';
import { TcpProxy } from '../support/tcp-proxy';

const QUEUE = 'reporting.jobs.builds';

/** All of Hub, on a database (behind a proxy) and a virtual host of its own. */
export class IntakeScene {
  private constructor(
    readonly app: INestApplication,
    readonly database: TestDatabase,
    readonly databaseProxy: TcpProxy,
    private readonly broker: TestBroker,
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  static async open(): Promise<IntakeScene> {
    const [broker, database] = await Promise.all([createTestBroker(), createTestDatabase()]);
    const proxy = await TcpProxy.start(database.url);
    const connection = await connect(broker.url);
    const app = await startHub(proxy.url, broker.url);
    return new IntakeScene(app, database, proxy, broker, connection, await connection.createChannel());
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.databaseProxy.close();
    await this.connection.close();
    await Promise.all([this.broker.drop(), this.database.drop()]);
  }

  publish(type: string | undefined, body: unknown, options: Options.Publish = {}): void {
    const content = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.channel.publish('', QUEUE, content, { persistent: true, ...(type !== undefined && { type }), ...options });
  }

  /** How many messages wait in the queue; those in Hub's hands do not count. */
  async waiting(): Promise<number> {
    return (await this.channel.checkQueue(QUEUE)).messageCount;
  }

  async nextId(): Promise<number> {
    const [row] = await this.database.query<{ id: number }>(`SELECT nextval('shared_builds_tasks_seq') AS id`);
    return row!.id;
  }

  /** A build with one job; the job's id may be one that messages have named before. */
  async createBuild(jobId: number): Promise<{ buildId: number; jobId: number }> {
    const [repository] = await this.database.query<{ id: number }>(
      `INSERT INTO repositories (name, owner_name, created_at, updated_at) VALUES ('app', 'octo', now(), now()) RETURNING id`,
    );
    const buildId = await this.nextId();
    await this.database.query(
      `INSERT INTO builds (id, repository_id, number, state, event_type, branch, created_at, updated_at)
       VALUES ($1, $2, '1', 'created', 'push', 'main', now(), now())`,
      [buildId, repository!.id],
    );
    await this.database.query(
      `INSERT INTO jobs (id, repository_id, source_type, source_id, type, number, state, created_at, updated_at)
       VALUES ($1, $2, 'Build', $3, 'Job::Test', '1.1', 'created', now(), now())`,
      [jobId, repository!.id, buildId],
    );
    return { buildId, jobId };
  }

  async stateOf(jobId: number): Promise<string | undefined> {
    const [job] = await this.database.query<{ state: string }>('SELECT state FROM jobs WHERE id = $1', [jobId]);
    return job?.state;
  }

  /** Names of the build's events, in order. */
  async eventsOf(buildId: number): Promise<string[]> {
    const rows = await this.database.query<{ name: string }>(
      'SELECT name FROM hub.events WHERE build_id = $1 ORDER BY seq',
      [buildId],
    );
    return rows.map(({ name }) => name);
  }
}

async function startHub(databaseUrl: string, brokerUrl: string): Promise<INestApplication> {
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    RABBITMQ_URL: brokerUrl,
    HTTP_BASIC_AUTH: 'alice:wonderland',
    LOG_LEVEL: 'silent',
  });
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] }).compile();
  module.useLogger(false);
  const hub = module.createNestApplication();
  hub.get(RabbitmqIntake).connect(hub);
  await hub.init();
  await hub.get(DatabaseState).waitUntilReady();
  await hub.startAllMicroservices();
  return hub;
}
