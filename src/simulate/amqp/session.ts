import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { WorkerMessage } from './messages';

/** What became of a message: surely in the queue, maybe, surely not. */
export type Published = 'heard' | 'unknown' | 'not_sent';

export interface SessionOptions {
  readonly url: string;
  /** `reporting.jobs.builds`. */
  readonly queue: string;
}

/** A worker publishes over so many channels, between which the broker keeps no order. */
const POOL_SIZE = 3;
const HEARTBEAT_SECONDS = '10';
const COMMANDS = 'worker.commands';

/**
 * One life of a worker process's connection: reports go out, `cancel_job` comes in. Declares queue and exchanges exactly
 * as workers do. When it breaks, all runs of the process end.
 *
 * Unlike a worker it asks for confirms, since the model has to know what was heard; nothing is ever sent again for it.
 */
export class Session {
  private readonly broken = new AbortController();
  private readonly runs = new Map<number, Set<() => void>>();
  private turn = 0;

  private constructor(
    private readonly connection: ChannelModel,
    private readonly pool: readonly ConfirmChannel[],
    private readonly queue: string,
  ) {}

  static async open({ url, queue }: SessionOptions): Promise<Session> {
    const address = new URL(url);
    address.searchParams.set('heartbeat', HEARTBEAT_SECONDS);
    const connection = await connect(address.href);
    // What is wrong is told by the close that follows.
    connection.on('error', () => undefined);
    const setUp = await connection.createChannel();
    await setUp.assertExchange('reporting', 'topic', { durable: true, autoDelete: false, internal: false });
    await setUp.assertQueue(queue, { durable: true, exclusive: false, autoDelete: false });
    await setUp.close();
    const pool = await Promise.all(Array.from({ length: POOL_SIZE }, () => connection.createConfirmChannel()));
    for (const channel of pool) channel.on('error', () => undefined);
    const session = new Session(connection, pool, queue);
    connection.on('close', () => session.broken.abort(new Error('The worker process lost its connection.')));
    await session.listen();
    return session;
  }

  /** Aborted when the connection is gone. */
  get lost(): AbortSignal {
    return this.broken.signal;
  }

  publish({ body, properties }: WorkerMessage): Promise<Published> {
    if (this.lost.aborted) return Promise.resolve('not_sent');
    const channel = this.pool[this.turn++ % POOL_SIZE];
    return new Promise((resolve, reject) => {
      try {
        channel?.publish('', this.queue, body, properties, (error: unknown) => resolve(error ? 'unknown' : 'heard'));
      } catch (error) {
        if (this.lost.aborted) resolve('not_sent');
        else reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Breaks the connection as a network does: without a word, whatever is on its way. */
  cut(): void {
    const { stream } = (this.connection as unknown as { connection: { stream: { destroy(error: Error): void } } })
      .connection;
    stream.destroy(new Error('cut'));
    this.broken.abort(new Error('The worker process lost its connection.'));
  }

  /** Calls back when this job is to be stopped; at most once, as a worker does. @returns how to stop listening */
  onCancel(jobId: number, stop: () => void): () => void {
    const listeners = this.runs.get(jobId) ?? new Set();
    this.runs.set(jobId, listeners.add(stop));
    return () => listeners.delete(stop);
  }

  /** Messages in the queue that nobody has taken. */
  async depth(): Promise<number> {
    const channel = await this.connection.createChannel();
    const { messageCount } = await channel.checkQueue(this.queue);
    await channel.close();
    return messageCount;
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  private async listen(): Promise<void> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    await channel.assertExchange(COMMANDS, 'fanout', { durable: false, autoDelete: false, internal: false });
    const { queue } = await channel.assertQueue('', { durable: true, exclusive: true, autoDelete: false });
    await channel.bindQueue(queue, COMMANDS, '');
    await channel.prefetch(1);
    const consume = { consumerTag: 'commands', exclusive: true };
    await channel.consume(
      queue,
      (message) => {
        if (message === null) return;
        channel.ack(message);
        this.stop(jobToStop(message.content));
      },
      consume,
    );
  }

  private stop(jobId: number | null): void {
    if (jobId === null) return;
    const listeners = this.runs.get(jobId) ?? [];
    this.runs.delete(jobId);
    for (const stop of listeners) stop();
  }
}

/** Reads `cancel_job` as strictly as a worker: anything but a whole number for the id, and the cancel is lost. */
export function jobToStop(content: Buffer): number | null {
  try {
    const command = JSON.parse(content.toString()) as Readonly<Record<string, unknown>> | null;
    const { type, job_id: id, reason } = command ?? {};
    const reasonFits = reason === undefined || reason === null || typeof reason === 'string';
    return type === 'cancel_job' && typeof id === 'number' && Number.isSafeInteger(id) && id >= 0 && reasonFits
      ? id
      : null;
  } catch {
    return null;
  }
}
