import fc from 'fast-check';
import { connect } from 'amqplib';
import { bytes, type } from './hostile';

export const QUEUE = 'reporting.jobs.builds';

/**
 * Publishes hostile messages to the queue that Hub consumes.
 *
 * @returns how many
 */
export async function publishHostile(url: string, inputs: number, seed: number): Promise<number> {
  await publishAll(url, fc.sample(fc.tuple(type, bytes), { numRuns: inputs, seed }));
  return inputs;
}

/** Publishes messages of one type to the queue that Hub consumes. */
export async function publish(url: string, messageType: string, bodies: readonly Buffer[]): Promise<void> {
  await publishAll(
    url,
    bodies.map((body) => [messageType, body]),
  );
}

async function publishAll(url: string, messages: Iterable<readonly [string | undefined, Buffer]>): Promise<void> {
  const connection = await connect(url);
  try {
    const channel = await connection.createConfirmChannel();
    for (const [messageType, body] of messages) {
      // AMQP itself allows 255 bytes; what is longer no client can send.
      const name = Buffer.byteLength(messageType ?? '') > 255 ? 'job:start' : messageType;
      channel.sendToQueue(QUEUE, body, { ...(name !== undefined && { type: name }), persistent: true });
    }
    await channel.waitForConfirms();
  } finally {
    await connection.close();
  }
}
