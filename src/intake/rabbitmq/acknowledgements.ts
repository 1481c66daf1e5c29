/** The part of an AMQP channel that settles deliveries. */
export interface SettlingChannel {
  ack(message: { fields: { deliveryTag: number } }, allUpTo?: boolean): void;
  reject(message: { fields: { deliveryTag: number } }, requeue?: boolean): void;
}

/**
 * The deliveries of one channel and whether they are settled. Each is settled once: a second ack would make the broker
 * close the channel.
 *
 * Acks of the same turn of the event loop go out together, as one `multiple` ack where that passes no delivery that is
 * still in hand (D1).
 */
export class Acknowledgements {
  /** In hand. Tags only grow, so the first one is the smallest. */
  private readonly inHand = new Set<number>();
  private acked: number[] = [];
  private flushing: NodeJS.Immediate | null = null;
  private channel: SettlingChannel | null;

  constructor(channel: SettlingChannel) {
    this.channel = channel;
  }

  /** How many deliveries are not settled. */
  get open(): number {
    return this.inHand.size;
  }

  taken(tag: number): void {
    this.inHand.add(tag);
  }

  /** Notes that a delivery is done with; ignored when it was given back meanwhile. */
  ack(tag: number): void {
    if (!this.inHand.delete(tag)) return;
    this.acked.push(tag);
    this.flushing ??= setImmediate(() => this.flush());
  }

  /** Gives one delivery back to the queue; ignored when it is settled. */
  requeue(tag: number): void {
    if (this.inHand.delete(tag)) this.channel?.reject(delivery(tag), true);
  }

  /** Gives everything in hand back to the queue. */
  requeueAll(): void {
    this.flush();
    for (const tag of this.inHand) this.requeue(tag);
  }

  /** Sends what is acked now. */
  flush(): void {
    if (this.flushing) clearImmediate(this.flushing);
    this.flushing = null;
    const tags = this.acked;
    this.acked = [];
    if (tags.length === 0 || !this.channel) return;

    const [oldestInHand = Infinity] = this.inHand;
    const passed = tags.filter((tag) => tag < oldestInHand);
    if (passed.length > 0) this.channel.ack(delivery(Math.max(...passed)), passed.length > 1);
    for (const tag of tags) if (tag > oldestInHand) this.channel.ack(delivery(tag), false);
  }

  /** The channel is gone and the broker has requeued what was in hand: nothing can be settled any more. */
  abandon(): void {
    this.channel = null;
    this.inHand.clear();
    this.flush();
  }
}

function delivery(deliveryTag: number): { fields: { deliveryTag: number } } {
  return { fields: { deliveryTag } };
}
