import type { Channel, ChannelModel } from 'amqplib';

/** The queue Hub consumes and the exchange it is bound to, by the names all CI services know (wire.md 1.1). */
export interface Topology {
  /** `reporting.jobs.builds`; also the routing key of its binding. */
  readonly queue: string;
  /** `reporting`: senders of old publish through it, today's workers to the queue directly. */
  readonly exchange: string;
  /** Empty unless the queue was declared with some: workers declare it without, and a difference fails their start. */
  readonly queueArguments: Readonly<Record<string, unknown>>;
}

/** 403: we may not declare. 406: it exists with other arguments. Either way it may still be there to be used. */
const DECLARED_BY_OTHERS = new Set([403, 406]);

/**
 * Declares exchange, queue and binding exactly as workers and Travis Hub do, so that it does not matter who is first.
 *
 * What exists already with other arguments is used as it is (D7).
 * @returns what differs, as sentences for an operator; empty when all is as declared
 * @throws when the queue cannot be used at all
 */
export async function declareTopology(connection: ChannelModel, topology: Topology): Promise<readonly string[]> {
  const { exchange, queue } = topology;
  const differences = [
    await declare(
      connection,
      `exchange "${exchange}"`,
      (channel) => channel.assertExchange(exchange, 'topic', { durable: true, autoDelete: false, internal: false }),
      (channel) => channel.checkExchange(exchange),
    ),
    await declare(
      connection,
      `queue "${queue}"`,
      (channel) =>
        channel.assertQueue(queue, {
          durable: true,
          exclusive: false,
          autoDelete: false,
          arguments: topology.queueArguments,
        }),
      (channel) => channel.checkQueue(queue),
    ),
    await declare(
      connection,
      `binding of "${queue}" to "${exchange}"`,
      (channel) => channel.bindQueue(queue, exchange, queue),
      // A binding cannot be asked for. Without it only senders that use the exchange are not heard.
      () => Promise.resolve(),
    ),
  ];
  return differences.filter((difference) => difference !== null);
}

async function declare(
  connection: ChannelModel,
  what: string,
  actively: (channel: Channel) => Promise<unknown>,
  passively: (channel: Channel) => Promise<unknown>,
): Promise<string | null> {
  try {
    await onOwnChannel(connection, actively);
    return null;
  } catch (error) {
    if (!DECLARED_BY_OTHERS.has(Number((error as { code?: unknown }).code))) throw error;
    await onOwnChannel(connection, passively);
    return `The ${what} is not as Hub declares it and is used as it is; to mend it, delete it while no message is in it, or set the same arguments. The broker says: ${(error as Error).message}`;
  }
}

/** A refused declaration closes its channel, so each has one of its own. */
async function onOwnChannel(connection: ChannelModel, work: (channel: Channel) => Promise<unknown>): Promise<void> {
  const channel = await connection.createChannel();
  // Without a listener a refusal would end the whole connection.
  channel.on('error', () => undefined);
  await work(channel);
  await channel.close();
}
