import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { connect, type Channel, type ChannelModel, type Options } from 'amqplib';
import pino from 'pino';
import type { Command, Outcome } from '../../src/contracts/command';
import { Batcher } from '../../src/intake';
import { FailurePolicy } from '../../src/intake/failure-policy';
import { MessageHandler } from '../../src/intake/message-handler';
import { MessagesController } from '../../src/intake/messages.controller';
import { ReliableRmqServer, type ReliableRmqOptions } from '../../src/intake/rabbitmq/reliable-rmq.server';
import { eventually } from '../support';
import { TcpProxy } from '../support/tcp-proxy';

export const QUEUE = 'reporting.jobs.builds';

/** Stands for the batcher: remembers what it was given and does what the test says. */
export class RecordingBatcher {
  readonly submitted: Command[] = [];
  handle: (command: Command) => Promise<Outcome> = () => Promise.resolve({ kind: 'changed' });

  submit(command: Command): Promise<Outcome> {
    this.submitted.push(command);
    return this.handle(command);
  }

  get ids(): number[] {
    return this.submitted.map(({ id }) => id);
  }
}

/**
 * The transport and its handlers on a virtual host of their tests' own, with a stand-in for everything behind. Hub's
 * connection goes through a proxy; the test's own does not.
 */
export class RabbitmqScene {
  readonly batcher = new RecordingBatcher();
  readonly parked: { reason: string; type: string | undefined; body: string }[] = [];
  parking: () => Promise<void> = () => Promise.resolve();
  private readonly hubs: { app: INestApplication; server: ReliableRmqServer }[] = [];

  private constructor(
    readonly proxy: TcpProxy,
    private readonly connection: ChannelModel,
    readonly channel: Channel,
  ) {}

  static async open(brokerUrl: string): Promise<RabbitmqScene> {
    const proxy = await TcpProxy.start(brokerUrl);
    const connection = await connect(brokerUrl);
    return new RabbitmqScene(proxy, connection, await connection.createChannel());
  }

  async close(): Promise<void> {
    await Promise.all(this.hubs.map(({ app }) => app.close()));
    await this.proxy.close();
    // The next test finds nothing declared.
    await this.channel.deleteQueue(QUEUE);
    await this.channel.deleteExchange('reporting');
    await this.connection.close();
  }

  /** Starts the transport and waits until it consumes. */
  async startHub(options: Partial<ReliableRmqOptions> = {}): Promise<ReliableRmqServer> {
    const { server, listening } = await this.startHubWithoutWaiting(options);
    await listening;
    return server;
  }

  async startHubWithoutWaiting(
    options: Partial<ReliableRmqOptions> = {},
  ): Promise<{ server: ReliableRmqServer; listening: Promise<void> }> {
    const log = pino({ level: 'silent' });
    const server = new ReliableRmqServer(
      {
        url: this.proxy.url,
        topology: { queue: QUEUE, exchange: 'reporting', queueArguments: {} },
        prefetch: 100,
        drainTimeoutMs: 5_000,
        ...options,
      },
      new FailurePolicy(log, undefined, () => 20),
      async (message, reason) => {
        await this.parking();
        this.parked.push({ reason, type: message.type, body: message.body.toString() });
      },
      log,
    );
    const module = await Test.createTestingModule({
      controllers: [MessagesController],
      providers: [MessageHandler, { provide: Batcher, useValue: this.batcher }],
    }).compile();
    module.useLogger(false);
    const app = module.createNestApplication();
    app.connectMicroservice({ strategy: server });
    await app.init();
    this.hubs.push({ app, server });
    return { server, listening: app.startAllMicroservices().then(() => undefined) };
  }

  /** As workers do it: to the default exchange. */
  publish(type: string | undefined, body: unknown, options: Options.Publish = {}): void {
    const content = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const properties = { contentType: 'application/json', persistent: true, timestamp: 1_600_000_000 };
    this.channel.publish('', QUEUE, content, { ...properties, ...(type !== undefined && { type }), ...options });
  }

  /** How many messages wait in the queue; those in a consumer's hand do not count. */
  async waiting(): Promise<number> {
    return (await this.channel.checkQueue(QUEUE)).messageCount;
  }

  /** Closes the connections of all hubs, so that everything unacked is back in the queue. */
  async stopHubs(): Promise<void> {
    await Promise.all(this.hubs.splice(0).map(({ app }) => app.close()));
  }

  /** Waits until the queue is empty and nothing of it is unacked. */
  async settled(): Promise<void> {
    await eventually(async () => expect(await this.waiting()).toBe(0));
    await this.stopHubs();
    // Unacked messages would be back once the consumer is gone.
    await eventually(async () => expect((await this.channel.checkQueue(QUEUE)).consumerCount).toBe(0));
    expect(await this.waiting()).toBe(0);
  }
}
