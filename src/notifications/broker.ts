import { connect, type AmqpConnectionManager, type ChannelWrapper } from 'amqp-connection-manager';
import type { ConfirmChannel } from 'amqplib';
import { logger } from '../logging';
import type { ChannelBroker } from './channel-deps';

const log = logger.child({ component: 'notifications' });
const CONFIRMED_WITHIN_MS = 10_000;

type Exchange = Parameters<ChannelBroker['publish']>[0];

/**
 * Publishes for channels, on a connection of its own that is opened when it is first needed: a broker that blocks
 * publishers does not keep Hub from consuming. Each exchange has an AMQP channel of its own, because the broker closes
 * one that declares an exchange in another way than it exists.
 */
export class Broker implements ChannelBroker {
  private connection: AmqpConnectionManager | null = null;
  private readonly publishers = new Map<string, ChannelWrapper>();

  constructor(private readonly url: string) {}

  async publish(
    exchange: Exchange,
    routingKey: string,
    body: Buffer,
    properties: Parameters<ChannelBroker['publish']>[3],
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    const publishing = this.publisherOf(exchange).publish(exchange.name, routingKey, body, {
      ...properties,
      persistent: true,
    });
    // Whoever gave up need not hear of it any more; the message may still arrive, under the same id.
    publishing.catch(() => undefined);
    await Promise.race([publishing, aborted(signal)]);
  }

  async close(): Promise<void> {
    await Promise.all([...this.publishers.values()].map((publisher) => publisher.close().catch(() => undefined)));
    await this.connection?.close().catch(() => undefined);
  }

  private publisherOf({ name, type }: Exchange): ChannelWrapper {
    const known = this.publishers.get(name);
    if (known) return known;
    const publisher = this.open().createChannel({
      confirm: true,
      publishTimeout: CONFIRMED_WITHIN_MS,
      setup: (channel: ConfirmChannel) => channel.assertExchange(name, type, { durable: true }),
    });
    publisher.on('error', (err) => {
      log.warn({ err, exchange: name }, 'cannot declare the exchange: does it exist as another type, or not durable?');
    });
    this.publishers.set(name, publisher);
    return publisher;
  }

  private open(): AmqpConnectionManager {
    if (this.connection === null) {
      this.connection = connect([this.url], { heartbeatIntervalInSeconds: 10, reconnectTimeInSeconds: 1 });
      this.connection.on('connectFailed', ({ err }) => log.debug({ err }, 'no connection to the broker'));
    }
    return this.connection;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
