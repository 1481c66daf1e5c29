import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { bootstrap } from '../../../src/main';
import { eventually } from '../../support/eventually';
import type { VectorMessage } from '../message';
import type { Way } from '../replay';
import { AckWatch } from './ack-watch';
import { hubEnvironment } from './environment';

const QUEUE = 'reporting.jobs.builds';
const SETTLE_MS = 60_000;

/**
 * Messages are published to a real broker as their senders do, and Hub runs as in production.
 *
 * Settled means: every published message is acked, none is in Hub's hands, the queue is empty.
 * @param databaseUrl a migrated database of our own
 * @param brokerUrl a virtual host of our own
 */
export async function amqpWay(databaseUrl: string, brokerUrl: string): Promise<Way> {
  const watch = await AckWatch.before(brokerUrl);
  const hub = await bootstrap(hubEnvironment(databaseUrl, watch.url));
  const connection = await connect(brokerUrl);
  const channel = await connection.createConfirmChannel();
  await eventually(async () => expectConsumer(connection), { timeoutMs: 20_000 });
  let published = 0;

  return {
    async play(messages) {
      const from = new Date();
      for (const message of messages) publish(channel, message);
      await channel.waitForConfirms();
      published += messages.length;
      await watch.whenSettled(published, SETTLE_MS);
      await expectEmptyQueue(channel);
      return { clock: { from, to: new Date() }, failures: new Map() };
    },

    async close() {
      await hub.stop();
      // What Hub still had in hand would be back in the queue now.
      await expectEmptyQueue(channel);
      await connection.close();
      await watch.close();
    },
  };
}

/** As travis-worker does: to the queue by name, persistent, JSON, stamped with whole seconds (wire.md 1.2). */
function publish(channel: ConfirmChannel, { type, body }: VectorMessage): void {
  channel.sendToQueue(QUEUE, Buffer.from(JSON.stringify(body)), {
    type,
    contentType: 'application/json',
    deliveryMode: 2,
    timestamp: Math.floor(Date.now() / 1_000),
  });
}

async function expectEmptyQueue(channel: ConfirmChannel): Promise<void> {
  const { messageCount } = await channel.checkQueue(QUEUE);
  if (messageCount > 0) throw new Error(`${messageCount} messages are in the queue although all were settled`);
}

/** A check of a queue that does not exist yet closes its channel, so each has one of its own. */
async function expectConsumer(connection: ChannelModel): Promise<void> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  const { consumerCount } = await channel.checkQueue(QUEUE);
  await channel.close();
  if (consumerCount === 0) throw new Error(`Hub does not consume ${QUEUE}`);
}
