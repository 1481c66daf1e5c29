import { setTimeout as delay } from 'node:timers/promises';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';

/** What became of a message: surely in the queue, perhaps, surely not. */
export type Published = 'heard' | 'perhaps' | 'not';

export interface Message {
  readonly type: string;
  readonly body: string | Buffer;
}

export const QUEUE = 'reporting.jobs.builds';

/** Workers publish over several channels, between which the broker keeps no order. */
const CHANNELS = 24;
const RECONNECT_MS = 200;

interface Lane {
  readonly channel: ConfirmChannel;
  /** The queue was not there: the broker sent the message back before it confirmed it. */
  returned: boolean;
}

/** Publishes what workers report, and knows of each message whether it can have been heard. */
export class Publisher {
  /** How many messages the broker has confirmed. */
  heard = 0;
  private connection: ChannelModel | null = null;
  private free: Lane[] = [];
  private readonly waiting: ((lane: Lane) => void)[] = [];
  private readonly stopped = new AbortController();
  private underWay = new Set<(published: Published) => void>();

  constructor(private readonly url: string) {}

  async start(): Promise<void> {
    await this.open();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.connection?.close().catch(() => undefined);
  }

  /** Waits for a connection if need be, and publishes once. */
  async publish({ type, body }: Message): Promise<Published> {
    const lane = this.free.pop() ?? (await new Promise<Lane>((resolve) => this.waiting.push(resolve)));
    lane.returned = false;
    const timestamp = Math.floor(Date.now() / 1_000);
    const properties = { type, timestamp, contentType: 'application/json', persistent: true, mandatory: true };
    const published = await new Promise<Published>((resolve) => {
      this.underWay.add(resolve);
      const settle = (outcome: Published) => {
        this.underWay.delete(resolve);
        resolve(outcome);
      };
      try {
        lane.channel.publish('', QUEUE, Buffer.from(body), properties, (error: unknown) =>
          settle(error ? 'perhaps' : lane.returned ? 'not' : 'heard'),
        );
      } catch {
        // The channel was closed: nothing was written.
        settle('not');
      }
    });
    if (published === 'heard') this.heard += 1;
    this.giveBack(lane);
    return published;
  }

  private giveBack(lane: Lane): void {
    if (lane.channel.connection !== this.connection?.connection) return;
    const next = this.waiting.shift();
    if (next) next(lane);
    else this.free.push(lane);
  }

  private async open(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        const connection = await connect(this.url, { timeout: 5_000 });
        connection.on('error', () => undefined);
        connection.on('close', () => this.lost(connection));
        this.connection = connection;
        for (let i = 0; i < CHANNELS; i++) this.giveBack(await this.openLane(connection));
        return;
      } catch {
        await delay(RECONNECT_MS);
      }
    }
  }

  private async openLane(connection: ChannelModel): Promise<Lane> {
    const lane: Lane = { channel: await connection.createConfirmChannel(), returned: false };
    lane.channel.on('error', () => undefined);
    lane.channel.on('return', () => (lane.returned = true));
    return lane;
  }

  private lost(connection: ChannelModel): void {
    if (this.connection !== connection) return;
    this.connection = null;
    this.free = [];
    for (const settle of this.underWay) settle('perhaps');
    this.underWay = new Set();
    if (!this.stopped.signal.aborted) void this.open();
  }
}
