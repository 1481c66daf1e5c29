import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { ChannelBroker } from './channel-deps';

type Exchange = Parameters<ChannelBroker['publish']>[0];
type Properties = Parameters<ChannelBroker['publish']>[3];

const CONNECT_WITHIN_MS = 10_000;
const HEARTBEAT_SECONDS = '10';
/** Between attempts to connect; whoever wants to publish in between is told at once that the broker is away. */
const PAUSE_MS = 1_000;

/** Properties in which an exchange must be as it is declared, or messages would go astray or be lost. */
const ESSENTIAL = /inequivalent arg '(type|durable|auto_delete|internal)'/;
const NOT_ALLOWED = 403;
const DECLARED_OTHERWISE = 406;

/**
 * Publishes for channels, on a connection of its own that is opened when it is first needed: a broker that blocks
 * publishers does not keep Hub from consuming.
 *
 * Nothing is queued and nothing is sent again by itself: what was not confirmed fails, and the delivery loop sees to the
 * rest. So no message can overtake another that is tried again.
 */
export class Broker implements ChannelBroker {
  private connection: Promise<ChannelModel> | null = null;
  private connected = false;
  /** By exchange. Each has an AMQP channel of its own, because the broker closes one on which something is wrong. */
  private readonly publishers = new Map<string, Promise<ConfirmChannel>>();

  constructor(private readonly url: string) {}

  async publish(
    exchange: Exchange,
    routingKey: string,
    body: Buffer,
    properties: Properties,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const publishing = this.send(exchange, routingKey, body, properties);
    // Whoever gave up need not hear of it any more; the message may still arrive, under the same id.
    publishing.catch(() => undefined);
    await Promise.race([publishing, aborted(signal)]);
  }

  /** A connection that is still being opened is not waited for: a server that is silent would hold up the stop of Hub. */
  async close(): Promise<void> {
    const closed = this.connection?.then((connection) => connection.close()).catch(() => undefined);
    if (this.connected) await closed;
  }

  private async send(exchange: Exchange, key: string, body: Buffer, properties: Properties): Promise<void> {
    const publisher = await this.publisherOf(exchange);
    await new Promise<void>((resolve, reject) => {
      publisher.publish(exchange.name, key, body, { ...properties, persistent: true }, (error: Error | null) => {
        if (error) reject(new Error(`the broker did not confirm the message: ${error.message}`));
        else resolve();
      });
    });
  }

  private publisherOf(exchange: Exchange): Promise<ConfirmChannel> {
    const known = this.publishers.get(exchange.name);
    if (known) return known;
    const opening = this.openPublisher(exchange);
    const forget = (): unknown => this.publishers.delete(exchange.name);
    opening.then((publisher) => publisher.on('close', forget), forget);
    this.publishers.set(exchange.name, opening);
    return opening;
  }

  private async openPublisher(exchange: Exchange): Promise<ConfirmChannel> {
    const connection = await this.connect();
    await declare(connection, exchange);
    const publisher = await connection.createConfirmChannel();
    // Its messages hear of it when it closes; without a listener it would end the process.
    publisher.on('error', () => undefined);
    return publisher;
  }

  private connect(): Promise<ChannelModel> {
    if (this.connection !== null) return this.connection;
    const url = new URL(this.url);
    url.searchParams.set('heartbeat', HEARTBEAT_SECONDS);
    const connecting = connect(url.href, { timeout: CONNECT_WITHIN_MS });
    const forget = (): void => {
      this.connection = null;
      this.connected = false;
    };
    connecting.then(
      (connection) => {
        this.connected = true;
        connection.on('error', () => undefined).on('close', forget);
      },
      () => setTimeout(forget, PAUSE_MS).unref(),
    );
    this.connection = connecting;
    return connecting;
  }
}

/**
 * Declares an exchange, or takes the one that is there: with arguments of its own, or for which we have no permission.
 *
 * @throws Error when it cannot be used as it is
 */
async function declare(connection: ChannelModel, { name, type }: Exchange): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  try {
    await channel.assertExchange(name, type, { durable: true });
    await channel.close();
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown };
    if (code === NOT_ALLOWED) return;
    if (code === DECLARED_OTHERWISE && !ESSENTIAL.test(message)) return;
    if (code !== DECLARED_OTHERWISE) throw error;
    throw new Error(
      `The exchange ${name} exists as something else than a durable one of type ${type}: delete it. The broker says: ${message}`,
      { cause: error },
    );
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
