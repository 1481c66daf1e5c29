import { RmqContext, ServerRMQ, Transport } from '@nestjs/microservices';
import type { RmqStatus } from '@nestjs/microservices';
import type { Duplex } from 'node:stream';
import type { AmqpConnectionManager } from 'amqp-connection-manager';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';
import { isObservable, lastValueFrom, type Subject } from 'rxjs';
import type { BrokerStatus } from '../../contracts/broker-status';
import { plainType } from '../domain/message-type';
import { answered } from '../answered';
import type { Attempt, FailurePolicy, Settlement } from '../failure-policy';
import type { IncomingMessage } from '../incoming-message';
import { toIncomingMessage } from './incoming-message';
import { MessageDeserializer } from './message-deserializer';
import { QueueConsumer } from './queue-consumer';
import type { QueueConsumerOptions } from './queue-consumer';

export interface ReliableRmqOptions extends QueueConsumerOptions {
  /** Secret: may hold a password. */
  readonly url: string;
  /** How long {@link ReliableRmqServer.drain} waits for handlers, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/** Keeps a message that can never be applied as it is. */
export type Park = (message: IncomingMessage, reason: Parameters<Attempt['park']>[0], detail: string) => Promise<void>;

/** Counts the messages in hand. */
export interface InFlightGauge {
  inc(): void;
  dec(): void;
}

const TRANSPORT = Transport.RMQ;
const HEARTBEAT_S = 10;

/**
 * Nest's RabbitMQ transport, made reliable (D7): a message is acked only after its handler has resolved; a handler's
 * failure goes to the {@link FailurePolicy}; a lost consumer, channel or connection is brought back; {@link drain}
 * finishes what is in hand.
 *
 * Use it as the `strategy` of a microservice. Handlers are ordinary `@EventPattern` methods that get an
 * {@link IncomingMessage}; they never see the channel.
 */
export class ReliableRmqServer extends ServerRMQ implements BrokerStatus {
  /** Failures come to us, once; Nest need not log them too. */
  override readonly propagatesEventHandlerErrors = true;
  private readonly consumer: QueueConsumer;
  private readonly patterns: MessageDeserializer;
  private listening: (() => void) | undefined;
  private draining: Promise<number> | null = null;

  constructor(
    private readonly reliable: ReliableRmqOptions,
    private readonly policy: FailurePolicy,
    private readonly park: Park,
    private readonly log: Logger,
    private readonly inFlight: InFlightGauge = { inc: () => undefined, dec: () => undefined },
  ) {
    const patterns = new MessageDeserializer();
    super({
      urls: [reliable.url],
      queue: reliable.topology.queue,
      noAck: false,
      deserializer: patterns,
      // A little different in each replica, so that they do not come back in step.
      socketOptions: { heartbeatIntervalInSeconds: HEARTBEAT_S, reconnectTimeInSeconds: 1 + Math.random() / 2 },
    });
    this.patterns = patterns;
    this.consumer = new QueueConsumer(
      reliable,
      (message, channel, signal) => this.process(message, channel, signal),
      log,
      () => this.listening?.(),
    );
  }

  get consuming(): boolean {
    return this.consumer.consuming;
  }

  get degraded(): string | null {
    return this.consumer.degraded;
  }

  /** Takes nothing more and gives back what is in hand, until {@link resume}. */
  pause(because: string): Promise<void> {
    return this.consumer.pause(because);
  }

  resume(): void {
    this.consumer.resume();
  }

  /**
   * Connects, and stays connected. The callback (and so `startAllMicroservices()`) waits for the first consumer:
   * with the broker away it does not come, so let HTTP listen first.
   */
  override async start(callback: () => void = () => undefined): Promise<void> {
    this.listening = () => {
      this.listening = undefined;
      callback();
    };
    const connections = await this.createClient<AmqpConnectionManager>();
    this.server = connections;
    this.watch(connections);
    this.consumer.start(connections);
  }

  /** Runs the handler of the message's type and waits for it. */
  override async handleMessage(received: Record<string, unknown>, channel: Channel): Promise<void> {
    await this.dispatch(toIncomingMessage(received as unknown as ConsumeMessage), received, channel);
  }

  /**
   * Stops consuming, waits for the handlers and lets their acks reach the broker. Safe to call more than once.
   * @returns how many handlers had not finished in time; their messages go back to the queue
   */
  drain(): Promise<number> {
    this.draining ??= this.consumer.drain(this.reliable.drainTimeoutMs).then((left) => {
      this.log.info({ left }, left === 0 ? 'drained' : 'drained in part; the rest goes back to the queue');
      return left;
    });
    return this.draining;
  }

  override async close(): Promise<void> {
    await this.drain();
    const connections = this.server as AmqpConnectionManager | null;
    this.server = null;
    if (connections) await closeOrDestroy(connections);
  }

  private async process(message: ConsumeMessage, channel: Channel, signal: AbortSignal): Promise<Settlement> {
    const incoming = toIncomingMessage(message);
    const attempt: Attempt = {
      get name() {
        return incoming.type === undefined ? 'none' : plainType(incoming.type);
      },
      apply: () => this.dispatch(incoming, message, channel),
      park: (reason, detail) => this.park(incoming, reason, detail),
    };
    this.inFlight.inc();
    try {
      return await this.policy.run(attempt, signal);
    } finally {
      this.inFlight.dec();
    }
  }

  private async dispatch(incoming: IncomingMessage, message: object, channel: Channel): Promise<void> {
    const { pattern, data } = this.patterns.deserialize(incoming);
    const handler = this.messageHandlers.get(pattern);
    if (!handler)
      throw new Error(`No handler for "${pattern}"; give a controller @EventPattern<string>('${pattern}').`);
    const context = new RmqContext([message, channel, pattern]);
    await this.betweenHooks(context, async () => {
      try {
        const result: unknown = await handler(data, context);
        if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
      } finally {
        this.onProcessingEndHook?.(TRANSPORT, context);
      }
    });
  }

  /** Nest's hooks for tracing. A hook need not return what it is given, so its promise is not relied on. */
  private betweenHooks(context: RmqContext, work: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.onProcessingStartHook(TRANSPORT, context, () => {
        const done = work();
        done.then(resolve, reject);
        return done;
      });
    });
  }

  /** What Nest's own users of `status` see. Its enum vanishes at compile time, so we write the values. */
  private tellStatus(status: `${RmqStatus}`): void {
    (this._status$ as unknown as Subject<string>).next(status);
  }

  private watch(connections: AmqpConnectionManager): void {
    let failures = 0;
    connections.on('connect', () => {
      failures = 0;
      this.tellStatus('connected');
    });
    connections.on('connectFailed', ({ err }) => {
      this.tellStatus('disconnected');
      if (failures++ % 60 === 0) this.log.warn({ err }, 'cannot reach the broker; trying again each second');
    });
    connections.on('disconnect', ({ err }) => {
      this.tellStatus('disconnected');
      this.log.warn({ err }, 'the connection to the broker is lost; connecting again');
    });
    connections.on('blocked', ({ reason }) => {
      this.tellStatus('blocked');
      this.log.warn({ reason }, 'the broker blocks the connection');
    });
    connections.on('unblocked', () => this.tellStatus('unblocked'));
    for (const { event, callback } of this.pendingEventListeners) connections.on(event, callback);
    this.pendingEventListeners = [];
  }
}

/** A broker that does not answer would keep the socket, and with it the process, alive. */
async function closeOrDestroy(connections: AmqpConnectionManager): Promise<void> {
  const socket = (connections.connection as { connection?: { stream?: Duplex } } | undefined)?.connection?.stream;
  if (!(await answered(connections.close()))) socket?.destroy(new Error('the broker did not answer while closing'));
}
