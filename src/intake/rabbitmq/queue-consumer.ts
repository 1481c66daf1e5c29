import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import type { BrokerStatus } from '../../contracts/broker-status';
import type { Settlement } from '../failure-policy';
import { ConsumerSession } from './consumer-session';
import { declareTopology } from './topology';
import type { Topology } from './topology';

export interface QueueConsumerOptions {
  readonly topology: Topology;
  /** Most messages held unacked at once. */
  readonly prefetch: number;
}

/** Handles one delivery; the signal aborts when it was given back or Hub stops. */
export type DeliveryHandler = (message: ConsumeMessage, channel: Channel, signal: AbortSignal) => Promise<Settlement>;

const RETRY_MS = 1_000;

/**
 * Consumes one queue for as long as it is wanted, over as many connections, channels and consumers as that takes.
 *
 * amqp-connection-manager brings connections back; everything above them is brought back here, because neither it nor
 * Nest notices a consumer that the broker canceled (the queue was deleted or moved, a consumer timed out) or a channel
 * that the broker closed.
 */
export class QueueConsumer implements BrokerStatus {
  private connections: AmqpConnectionManager | null = null;
  private session: ConsumerSession | null = null;
  private reconciling = false;
  private pausedBecause: string | null = null;
  private blockedBecause: string | null = null;
  private differences: readonly string[] = [];
  private readonly stopped = new AbortController();
  private inFlight = 0;
  /** Called when nothing is in hand any more. */
  private whenIdle: () => void = () => undefined;
  private consumers = 0;

  constructor(
    private readonly options: QueueConsumerOptions,
    private readonly handle: DeliveryHandler,
    private readonly log: Logger,
    /** Called once: messages flow for the first time. */
    private readonly onFirstConsume: () => void = () => undefined,
  ) {}

  /** True only while the broker knows our consumer. */
  get consuming(): boolean {
    return this.session?.consumerTag != null && !this.stopping;
  }

  get degraded(): string | null {
    const reasons = [...this.differences, this.pausedBecause, this.blockedBecause].filter((reason) => reason !== null);
    return reasons.length > 0 ? reasons.join(' ') : null;
  }

  /** How many deliveries are being worked on. */
  get handling(): number {
    return this.inFlight;
  }

  private get stopping(): boolean {
    return this.stopped.signal.aborted;
  }

  /** Starts to consume over the connections of this manager, now and whenever one comes back. */
  start(connections: AmqpConnectionManager): void {
    this.connections = connections;
    connections.on('connect', () => void this.reconcile());
    connections.on('disconnect', () => (this.blockedBecause = null));
    connections.on('blocked', ({ reason }) => (this.blockedBecause = `The broker blocks the connection: ${reason}.`));
    connections.on('unblocked', () => (this.blockedBecause = null));
    void this.reconcile();
  }

  /** Takes nothing more and gives back what is in hand; everything is consumed again after {@link resume}. */
  async pause(because: string): Promise<void> {
    this.pausedBecause = because;
    const session = this.session;
    if (!session) return;
    await session.cancel();
    session.giveBack();
  }

  resume(): void {
    this.pausedBecause = null;
    void this.reconcile();
  }

  /**
   * Stops taking messages, waits for those in hand and lets their acks reach the broker; the rest is given back.
   * @param timeoutMs how long to wait for the handlers, in milliseconds
   * @returns how many deliveries were left unfinished
   */
  async drain(timeoutMs: number): Promise<number> {
    const session = this.session;
    this.stopped.abort();
    await session?.cancel();
    session?.abortWaiting();
    const finished = new AbortController();
    await Promise.race([
      this.idle().then(() => finished.abort()),
      wait(timeoutMs, undefined, { signal: finished.signal }).catch(() => undefined),
    ]);
    await session?.close();
    return this.inFlight;
  }

  private idle(): Promise<void> {
    return this.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => (this.whenIdle = resolve));
  }

  /** Brings about what is wanted: a consumer, unless paused, stopped or disconnected. One run at a time. */
  private async reconcile(): Promise<void> {
    if (this.reconciling) return;
    this.reconciling = true;
    try {
      for (let failures = 0; this.consumerIsMissing();) {
        try {
          await this.subscribe();
        } catch (error) {
          // The channel was closed before we could hear of it.
          if (this.session && (error as Error).name === 'IllegalOperationError') this.lose(this.session);
          if (failures++ === 0)
            this.log.warn({ err: error }, 'cannot consume from the queue; trying again each second');
          await wait(RETRY_MS * (1 + Math.random() / 2), undefined, { signal: this.stopped.signal }).catch(
            () => undefined,
          );
        }
      }
    } finally {
      this.reconciling = false;
    }
  }

  private consumerIsMissing(): boolean {
    const wanted = !this.stopping && this.pausedBecause === null;
    return wanted && this.connections?.connection !== undefined && this.session?.consumerTag == null;
  }

  private async subscribe(): Promise<void> {
    const connection = this.connections?.connection;
    if (!connection) return;
    const { topology, prefetch } = this.options;
    this.tellDifferences(await declareTopology(connection, topology));
    this.session ??= this.openSession(await connection.createChannel());
    const session = this.session;
    await session.channel.prefetch(prefetch, false);
    const tag = `hub-${hostname()}-${process.pid}-${++this.consumers}`;
    await session.consume(topology.queue, tag, (message) => this.receive(message, session));
    if (session.consumerTag === null) return;
    this.log.info({ queue: topology.queue, consumer: tag, prefetch }, 'consuming');
    this.onFirstConsume();
    // Paused or stopped while we asked for the consumer: nobody canceled it, since it did not exist.
    if (this.pausedBecause !== null || this.stopping) {
      await session.cancel();
      session.giveBack();
    }
  }

  private openSession(channel: Channel): ConsumerSession {
    const session = new ConsumerSession(channel);
    channel.on('error', (error: Error) => this.log.warn({ err: error }, 'the broker closed the channel'));
    channel.on('close', () => {
      this.lose(session);
      // Later, because a connection that is being lost closes its channels first.
      setImmediate(() => void this.reconcile());
    });
    return session;
  }

  private lose(session: ConsumerSession): void {
    session.lost();
    if (this.session === session) this.session = null;
  }

  private receive(message: ConsumeMessage | null, session: ConsumerSession): void {
    if (message === null) {
      session.consumerTag = null;
      this.log.warn({ queue: this.options.topology.queue }, 'the broker canceled our consumer; subscribing again');
      void this.reconcile();
      return;
    }
    const tag = message.fields.deliveryTag;
    session.acknowledgements.taken(tag);
    void this.settle(message, tag, session);
  }

  private async settle(message: ConsumeMessage, tag: number, session: ConsumerSession): Promise<void> {
    this.inFlight += 1;
    try {
      const settlement = await this.handle(message, session.channel, session.waiting);
      if (settlement === 'ack') session.acknowledgements.ack(tag);
      // While we consume, what is given back would come straight back to us.
      else if (!this.consuming) session.acknowledgements.requeue(tag);
    } catch (error) {
      this.log.error({ err: error }, 'a delivery stays unacked because of a bug in the intake; please report it');
    } finally {
      this.inFlight -= 1;
      if (this.inFlight === 0) this.whenIdle();
    }
  }

  private tellDifferences(differences: readonly string[]): void {
    for (const difference of differences) if (!this.differences.includes(difference)) this.log.warn(difference);
    this.differences = differences;
  }
}
