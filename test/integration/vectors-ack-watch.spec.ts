import { connect, type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import { createTestBroker, type TestBroker } from '../support/broker';
import { eventually } from '../support/eventually';
import { AckWatch } from '../vectors/ways/ack-watch';
import { MethodFrames } from '../vectors/ways/method-frames';

const QUEUE = 'reporting.jobs.builds';

describe('watching what a consumer settles', () => {
  let broker: TestBroker;
  let watch: AckWatch;
  let connection: ChannelModel;
  let channel: ConfirmChannel;
  let taken: ConsumeMessage[];

  beforeEach(async () => {
    broker = await createTestBroker();
    watch = await AckWatch.before(broker.url);
    connection = await connect(watch.url);
    channel = await connection.createConfirmChannel();
    taken = [];
    await channel.assertQueue(QUEUE);
    await channel.consume(QUEUE, (message) => message && taken.push(message));
  });

  afterEach(async () => {
    await connection.close();
    await watch.close();
    await broker.drop();
  });

  /** Publishes and waits until the consumer has as many deliveries as it should have by then. */
  async function publish(count: number, deliveries: number): Promise<void> {
    for (let n = 0; n < count; n += 1) channel.sendToQueue(QUEUE, Buffer.from(`{"id":${n}}`));
    await channel.waitForConfirms();
    await eventually(() => expect(taken).toHaveLength(deliveries));
  }

  it('counts acks, and multiple acks by what they cover', async () => {
    await publish(5, 5);
    expect([watch.settled, watch.inHand]).toEqual([0, 5]);

    channel.ack(taken[1]!);
    channel.ack(taken[3]!, true);

    await eventually(() => expect([watch.settled, watch.inHand]).toEqual([4, 1]));
  });

  it('resolves when the last message is acked', async () => {
    await publish(2, 2);
    const settled = watch.whenSettled(2, 5_000);

    channel.ackAll();

    await expect(settled).resolves.toBeUndefined();
  });

  it('says how far it got when a message stays unacked', async () => {
    await publish(2, 2);
    channel.ack(taken[0]!);

    await expect(watch.whenSettled(2, 200)).rejects.toThrow('only 1 of 2 messages settled, 1 unacked');
  });

  it('counts a message that is given back only when it is settled at last', async () => {
    await publish(1, 1);
    channel.nack(taken[0]!, false, true);
    await eventually(() => expect(taken).toHaveLength(2));
    expect([watch.settled, watch.inHand]).toEqual([0, 1]);

    channel.reject(taken[1]!, false);

    await watch.whenSettled(1, 5_000);
    expect(watch.settled).toBe(1);
  });

  it('has nothing in hand once the consumer is gone', async () => {
    await publish(1, 1);
    await channel.close();

    await eventually(() => expect([watch.settled, watch.inHand]).toEqual([0, 0]));
  });
});

describe('reading AMQP method frames', () => {
  const frame = (type: number, payload: number[]): number[] => [type, 0, 5, 0, 0, 0, payload.length, ...payload, 0xce];
  const ack = frame(1, [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 7, 1]);
  const content = frame(3, [0, 60, 0, 80]);
  const header = [...Buffer.from('AMQP'), 0, 0, 9, 1];

  it.each([1, 3, 7, 8, 1_000])('finds them in chunks of %d bytes', (size) => {
    const seen: unknown[] = [];
    const frames = new MethodFrames(header.length, (channel, classId, method, args) =>
      seen.push([channel, classId, method, args.readBigUInt64BE(0), args.readUInt8(8)]),
    );
    const bytes = Buffer.from([...header, ...ack, ...content, ...ack]);

    for (let at = 0; at < bytes.length; at += size) frames.read(bytes.subarray(at, at + size));

    expect(seen).toEqual([
      [5, 60, 80, 7n, 1],
      [5, 60, 80, 7n, 1],
    ]);
  });
});
