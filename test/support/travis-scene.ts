import { randomBytes } from 'node:crypto';
import { connect, type ConfirmChannel } from 'amqplib';
import { createTestBroker, type TestBroker } from './broker';
import { createTestDatabase, type TestDatabase } from './database';
import { HubProcess } from './hub-process';
import { Pgbouncer } from './pgbouncer';
import { createRole, dropRole, rightsOf, urlAs } from './roles';
import { insertPast } from './travis-past';
import { WebhookSink } from './webhook-sink';

export const QUEUE = 'reporting.jobs.builds';
const COMMANDS = 'worker.commands';
const REPLICAS = 2;
const SERVER_CONNECTIONS = 3;
type Undo = () => Promise<unknown>;

/**
 * An existing Travis installation around Hub: its database with a past, its broker with a worker that listens for
 * commands, and somebody whom all webhooks reach. Hub runs as processes, with the rights that the documentation names.
 */
export class TravisScene {
  /** What workers were told, in order. */
  readonly commands: { readonly type: string; readonly job_id: number }[] = [];
  hubs: HubProcess[] = [];

  private constructor(
    /** As superuser, and past PgBouncer. */
    readonly database: TestDatabase,
    private readonly hubsUrl: string,
    readonly broker: TestBroker,
    readonly channel: ConfirmChannel,
    readonly sink: WebhookSink,
    private readonly undo: readonly Undo[],
  ) {}

  /** Hub does not run yet. */
  static async open(options: { pgbouncer: boolean }): Promise<TravisScene> {
    const undo: Undo[] = [];
    try {
      const database = await createTestDatabase({ travis: true });
      undo.push(() => database.drop());
      const sink = await WebhookSink.start();
      undo.push(() => sink.close());
      await insertPast(database, sink.url);
      await database.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), '${SERVER_ZONE}'); END $$`,
      );
      const role = `hub_role_${randomBytes(4).toString('hex')}`;
      await createRole(role);
      // Last of all: what the role has goes with the database.
      undo.unshift(() => dropRole(role));
      for (const statement of rightsOf(role)) await database.query(statement);
      let url = urlAs(role, database.url);
      if (options.pgbouncer) {
        const pgbouncer = await Pgbouncer.start(url, { serverConnections: SERVER_CONNECTIONS });
        undo.push(() => pgbouncer.stop());
        url = pgbouncer.url;
      }
      const broker = await createTestBroker();
      undo.push(() => broker.drop());
      const connection = await connect(broker.url);
      undo.push(() => connection.close());
      const scene = new TravisScene(database, url, broker, await connection.createConfirmChannel(), sink, undo);
      await scene.listen();
      return scene;
    } catch (error) {
      await undoAll(undo);
      throw error;
    }
  }

  async startHubs(): Promise<void> {
    const environment = {
      DATABASE_URL: this.hubsUrl,
      RABBITMQ_URL: this.broker.url,
      HTTP_BASIC_AUTH: 'test:a-long-test-password',
      PORT: '0',
      TZ: PROCESS_ZONE,
      HUB_CHANNELS: 'webhook=deliver',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    };
    this.hubs = Array.from({ length: REPLICAS }, () => new HubProcess(environment));
    for (const hub of this.hubs) {
      await hub.line(({ msg }) => msg === 'The database is ready.');
      await hub.line(({ msg }) => msg === 'consuming');
    }
  }

  /** @returns their exit codes */
  async stopHubs(): Promise<(number | null)[]> {
    for (const hub of this.hubs) hub.kill('SIGTERM');
    return Promise.all(this.hubs.map(({ exited }) => exited));
  }

  /** Sends messages as workers and the API do, and waits until the broker has them. */
  async publish(...messages: readonly (readonly [type: string, body: object])[]): Promise<void> {
    for (const [type, body] of messages) {
      const properties = { type, contentType: 'application/json', persistent: true };
      this.channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(body)), properties);
    }
    await this.channel.waitForConfirms();
  }

  /** The builds that webhooks told of, each once, by id. */
  announcedBuilds(): number[] {
    const ids = this.sink.received.map(({ body }) => {
      const payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '') as { id: number };
      return payload.id;
    });
    return [...new Set(ids)].sort((a, b) => a - b);
  }

  async close(): Promise<void> {
    for (const hub of this.hubs) await hub.destroy();
    await undoAll(this.undo);
  }

  private async listen(): Promise<void> {
    await this.channel.assertExchange(COMMANDS, 'fanout', { durable: false, autoDelete: false, internal: false });
    const { queue } = await this.channel.assertQueue('', { exclusive: true });
    await this.channel.bindQueue(queue, COMMANDS, '');
    await this.channel.consume(
      queue,
      (message) => message && this.commands.push(JSON.parse(message.content.toString()) as (typeof this.commands)[0]),
      { noAck: true },
    );
  }
}

/** Half an hour off all others, and on the other side of UTC than {@link PROCESS_ZONE}, which has summer time. */
const SERVER_ZONE = 'Asia/Kolkata';
const PROCESS_ZONE = 'America/New_York';

/** Takes down what was set up, the last first. */
async function undoAll(undo: readonly Undo[]): Promise<void> {
  for (const step of [...undo].reverse()) await step();
}
