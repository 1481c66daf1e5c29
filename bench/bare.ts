import { connect } from 'amqplib';
import { Client } from 'pg';
import { typeParsers } from '../src/database/type-parsers';
import { runBareBatch, type BareMessage } from './bare-batch';
import { answerParent, sharedClock } from './child';

/**
 * The limit: a consumer of amqplib and pg and nothing else, which sends the statements of Hub's batches. It tells nobody
 * and plans nothing. Its arguments: the database's url, the broker's url, the queue, the batch size.
 */

export interface BareProgress {
  readonly done: number;
  /** When the last batch was committed, on the shared clock. */
  readonly at: number;
}

const [, , databaseUrl = '', brokerUrl = '', queue = '', batchSize = '200'] = process.argv;
/** Times stay text. */
const TIMESTAMP = 1114;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === TIMESTAMP ? String : typeParsers.getTypeParser(oid, format),
};
const PREFETCH = 1_000;
let done = 0;
let at = 0;

async function main(): Promise<void> {
  const client = new Client({ connectionString: databaseUrl, pipeline: true, types });
  await client.connect();
  const channel = await (await connect(brokerUrl)).createChannel();
  await channel.assertQueue(queue, { durable: true });
  await channel.prefetch(PREFETCH);
  const waiting: { tag: number; message: BareMessage }[] = [];
  let running = false;
  const drain = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, Number(batchSize));
      await runBareBatch(
        client,
        batch.map(({ message }) => message),
      );
      const last = batch.at(-1)?.tag ?? 0;
      channel.ack({ fields: { deliveryTag: last } } as never, true);
      done += batch.length;
      at = sharedClock();
    }
    running = false;
  };
  await channel.consume(queue, (message) => {
    if (!message) return;
    const parsed = JSON.parse(message.content.toString()) as BareMessage;
    waiting.push({ tag: message.fields.deliveryTag, message: parsed });
    if (running) return;
    running = true;
    void drain();
  });
}

const ready = main();
answerParent({ ready: () => ready, progress: (): BareProgress => ({ done, at }) });
