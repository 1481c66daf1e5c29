import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestBroker, createTestDatabase, eventually, type TestBroker, type TestDatabase } from '../test/support';
import { Child, ROOT, sharedClock } from './child';
import { wireMessages } from './messages';
import type { Schema } from './options';
import { listenerOn, parentNamed } from './proc';
import { seedTraffic, type SeededTraffic } from './seed';
import { addStock, type Stock } from './stock';
import type { TrafficOptions } from './traffic';

export const QUEUE = 'reporting.jobs.builds';
const READY_MS = 60_000;

export interface SceneOptions {
  readonly schema: Schema;
  /** Rows that have piled up before. */
  readonly stock?: Stock;
}

export interface HubOptions {
  readonly batchSize?: number;
  /** Start the Hub that notes its commits (hub-with-probe.ts). */
  readonly probe?: boolean;
}

/** A running Hub. */
export interface RunningHub {
  readonly child: Child;
  /** From its start until it took messages, in milliseconds. */
  readonly startMs: number;
}

/** Everything one measurement needs, fresh: database, virtual host, sink, publisher; and the Hubs it starts. */
export class Scene {
  readonly hubs: RunningHub[] = [];
  private files = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly broker: TestBroker,
    readonly sink: Child,
    readonly publisher: Child,
    readonly pids: { readonly postgres: number | undefined; readonly broker: number | undefined },
    private readonly folder: string,
  ) {}

  /** Sets it up, does the work and takes it down again, whatever happens. */
  static async with<T>(options: SceneOptions, work: (scene: Scene) => Promise<T>): Promise<T> {
    const undo: (() => Promise<unknown>)[] = [];
    try {
      const database = await createTestDatabase();
      undo.push(() => database.drop());
      if (options.schema === 'travis')
        await database.query(readFileSync(join(ROOT, 'bench/travis-indexes.sql'), 'utf8'));
      if (options.stock) await addStock(database.url, options.stock);
      const broker = await createTestBroker();
      undo.push(() => broker.drop());
      const folder = await mkdtemp(join(process.env.HUB_BENCH_DIRECTORY ?? tmpdir(), 'bench-'));
      undo.push(() => rm(folder, { recursive: true, force: true }));
      const sink = new Child('bench/sink.js');
      undo.push(() => sink.stop());
      const publisher = new Child('bench/publisher.js', { args: [broker.url, QUEUE] });
      undo.push(() => publisher.stop());
      const [backend] = await database.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const pids = {
        postgres: backend && parentNamed(backend.pid, 'postgres'),
        broker: listenerOn(Number(new URL(broker.url).port) || 5672),
      };
      const scene = new Scene(database, broker, sink, publisher, pids, folder);
      undo.push(() => scene.stopHubs());
      return await work(scene);
    } finally {
      for (const step of undo.reverse()) await step().catch(() => undefined);
    }
  }

  /** Puts builds into the database, and what will be said of them into the publisher. */
  async addTraffic(options: TrafficOptions): Promise<SeededTraffic> {
    const seeded = await seedTraffic(this.database, options, await this.sink.ask<string>('url'));
    await this.settle();
    return seeded;
  }

  /** Makes the database one that has been in use: statistics are there, and no checkpoint of ours is due. */
  async settle(): Promise<void> {
    await this.database.query('ANALYZE');
    await this.database.query('CHECKPOINT').catch(() => undefined);
  }

  /** Makes the publisher ready to publish this traffic. */
  async load(seeded: SeededTraffic): Promise<void> {
    const file = join(this.folder, `messages-${++this.files}`);
    writeFileSync(
      file,
      `${wireMessages(seeded)
        .map((message) => JSON.stringify(message))
        .join('\n')}\n`,
    );
    await this.publisher.ask('load', file);
  }

  async startHubs(count: number, options: HubOptions = {}): Promise<void> {
    for (let i = 0; i < count; i++) this.hubs.push(await this.startHub(options));
  }

  async stopHubs(): Promise<void> {
    for (const hub of this.hubs.splice(0)) await hub.child.stop();
  }

  private async startHub({ batchSize, probe = false }: HubOptions): Promise<RunningHub> {
    const port = await freePort();
    const begun = sharedClock();
    const child = new Child(probe ? 'bench/hub-with-probe.js' : 'src/main.js', {
      preload: [join(ROOT, 'dist/bench/count-statements.js')],
      profileTo: process.env.HUB_BENCH_PROFILE,
      env: {
        NODE_ENV: 'production',
        DATABASE_URL: this.database.url,
        RABBITMQ_URL: this.broker.url,
        HTTP_BASIC_AUTH: 'bench:a-long-password-for-the-bench',
        PORT: String(port),
        LOG_LEVEL: 'warn',
        HUB_CHANNELS: 'webhook=deliver',
        HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
        // Gives webhooks the ids that the sink remembers.
        HUB_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 'b').toString('base64')}`,
        ...(batchSize !== undefined && { HUB_BATCH_SIZE: String(batchSize) }),
      },
    });
    try {
      await eventually(
        async () => {
          if (!child.running) return;
          const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
          const { status } = (await answer.json()) as { status: string };
          if (status !== 'ok') throw new Error(`Hub is ${status}`);
        },
        { timeoutMs: READY_MS },
      );
    } catch (error) {
      await child.stop('SIGKILL');
      throw error;
    }
    if (!child.running) throw new Error(`Hub ended:\n${child.output}`);
    return { child, startMs: sharedClock() - begun };
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
