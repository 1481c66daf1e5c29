import type { Channel, ConsumeMessage } from 'amqplib';
import { Acknowledgements } from './acknowledgements';
import { answered } from '../answered';

/** One channel, its consumer and the deliveries that came over it. */
export class ConsumerSession {
  readonly acknowledgements: Acknowledgements;
  consumerTag: string | null = null;
  private waitingAborted = new AbortController();
  private open = true;

  constructor(readonly channel: Channel) {
    this.acknowledgements = new Acknowledgements(channel);
  }

  /** Aborted when what came so far need not be retried any more. */
  get waiting(): AbortSignal {
    return this.waitingAborted.signal;
  }

  async consume(queue: string, tag: string, receive: (message: ConsumeMessage | null) => void): Promise<void> {
    let canceled = false;
    await this.channel.consume(
      queue,
      (message) => {
        // The broker may cancel the consumer before this method goes on.
        if (message === null) canceled = true;
        receive(message);
      },
      { consumerTag: tag, noAck: false },
    );
    if (!canceled && this.open) this.consumerTag = tag;
  }

  async cancel(): Promise<void> {
    const tag = this.consumerTag;
    this.consumerTag = null;
    // A lost channel has no consumer either.
    if (tag !== null && this.open) await answered(this.channel.cancel(tag));
  }

  /** Ends all waiting between tries. What is being applied goes on. */
  abortWaiting(): void {
    this.waitingAborted.abort();
    this.waitingAborted = new AbortController();
  }

  giveBack(): void {
    this.abortWaiting();
    this.acknowledgements.requeueAll();
  }

  lost(): void {
    this.open = false;
    this.consumerTag = null;
    this.abortWaiting();
    this.acknowledgements.abandon();
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.acknowledgements.requeueAll();
    await answered(this.channel.close());
  }
}
