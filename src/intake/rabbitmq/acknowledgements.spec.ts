import fc from 'fast-check';
import { Acknowledgements } from './acknowledgements';
import type { SettlingChannel } from './acknowledgements';

/** Knows what a broker knows: which deliveries are unsettled. A second settlement closes the channel. */
class Broker implements SettlingChannel {
  readonly unsettled = new Set<number>();
  readonly requeued: number[] = [];
  frames = 0;

  deliver(tag: number): void {
    this.unsettled.add(tag);
  }

  ack({ fields: { deliveryTag } }: { fields: { deliveryTag: number } }, allUpTo = false): void {
    this.frames++;
    if (!this.unsettled.has(deliveryTag)) throw new Error(`PRECONDITION_FAILED - unknown delivery tag ${deliveryTag}`);
    for (const tag of [...this.unsettled])
      if (tag === deliveryTag || (allUpTo && tag < deliveryTag)) this.unsettled.delete(tag);
  }

  reject({ fields: { deliveryTag } }: { fields: { deliveryTag: number } }, requeue?: boolean): void {
    if (!requeue || !this.unsettled.delete(deliveryTag)) throw new Error(`unknown delivery tag ${deliveryTag}`);
    this.requeued.push(deliveryTag);
  }
}

function deliveries(count: number): { broker: Broker; acknowledgements: Acknowledgements } {
  const broker = new Broker();
  const acknowledgements = new Acknowledgements(broker);
  for (let tag = 1; tag <= count; tag++) {
    broker.deliver(tag);
    acknowledgements.taken(tag);
  }
  return { broker, acknowledgements };
}

describe('acknowledgements', () => {
  it('acks a whole batch with one frame', () => {
    const { broker, acknowledgements } = deliveries(100);
    for (let tag = 1; tag <= 100; tag++) acknowledgements.ack(tag);
    acknowledgements.flush();
    expect(broker.unsettled.size).toBe(0);
    expect(broker.frames).toBe(1);
  });

  it('never passes a delivery that is still in hand', () => {
    const { broker, acknowledgements } = deliveries(5);
    for (const tag of [1, 2, 4, 5]) acknowledgements.ack(tag);
    acknowledgements.flush();
    expect([...broker.unsettled]).toEqual([3]);
    acknowledgements.ack(3);
    acknowledgements.flush();
    expect(broker.unsettled.size).toBe(0);
  });

  it('flushes by itself', async () => {
    const { broker, acknowledgements } = deliveries(1);
    acknowledgements.ack(1);
    expect(broker.unsettled.size).toBe(1);
    await new Promise(setImmediate);
    expect(broker.unsettled.size).toBe(0);
  });

  it('gives back what is in hand, and nothing that was acked', () => {
    const { broker, acknowledgements } = deliveries(4);
    acknowledgements.ack(2);
    acknowledgements.requeueAll();
    expect(broker.requeued).toEqual([1, 3, 4]);
    acknowledgements.ack(1);
    acknowledgements.flush();
    expect(broker.frames).toBe(1);
    expect(acknowledgements.open).toBe(0);
  });

  it('settles nothing on a channel that is gone', () => {
    const { broker, acknowledgements } = deliveries(2);
    acknowledgements.ack(1);
    acknowledgements.abandon();
    acknowledgements.ack(2);
    acknowledgements.requeueAll();
    expect(broker.frames).toBe(0);
    expect(broker.requeued).toEqual([]);
  });

  it('settles each delivery once, whatever the order', () => {
    const step = fc.tuple(fc.constantFrom('ack', 'requeue', 'flush'), fc.integer({ min: 1, max: 20 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { broker, acknowledgements } = deliveries(20);
        const finished = new Map<number, string>();
        for (const [what, tag] of steps) {
          if (what === 'flush') acknowledgements.flush();
          else if (what === 'ack') acknowledgements.ack(tag);
          else acknowledgements.requeue(tag);
          if (what !== 'flush' && !finished.has(tag)) finished.set(tag, what);
        }
        acknowledgements.flush();
        const expected = [...finished].filter(([, what]) => what === 'requeue').map(([tag]) => tag);
        expect(broker.requeued.toSorted()).toEqual(expected.toSorted());
        expect(broker.unsettled.size).toBe(20 - finished.size);
      }),
    );
  });
});
