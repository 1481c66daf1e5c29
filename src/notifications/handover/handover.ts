import type { EventName } from '../../contracts/event';
import type { ChannelTarget, DeliverContext, DeliveryOutcome, Notice } from '../channel';

/** A job for another service, as Sidekiq knows it. */
export interface SidekiqJob {
  /** Without the prefix `queue:`. */
  readonly queue: string;
  /** The Ruby class that works it off. */
  readonly class: string;
  /** In plain values; the envelope encodes each of them as a JSON text. */
  readonly args: readonly unknown[];
  /** False keeps a job that failed for good out of the receiver's dead set. */
  readonly dead?: false;
  /** Scheduled for so many milliseconds from now instead of pushed. */
  readonly delayMs?: number;
}

/** Nothing is handed over after all, and why; the reason is shown with the delivery. */
export interface Silence {
  readonly kind: 'dropped' | 'rejected';
  readonly reason: string;
}

/**
 * What one other service is told, and of which events.
 *
 * The counterpart of a channel that Hub delivers itself: it decides who is told exactly as Hub would, and leaves the
 * telling to somebody else.
 */
export interface Receiver<T = unknown> {
  /** As in HUB_CHANNELS; where Hub could deliver too, the name of that channel. Never rename one that was released. */
  readonly name: string;
  readonly events: readonly EventName[];
  /** Keeps it from waiting for the others. */
  readonly lane?: string;
  /** As for channels: of targets with one order key only the newest counts. */
  readonly latestOnly?: boolean;
  /** False when nothing says that the installation has this service: then it is off unless HUB_CHANNELS names it. */
  readonly expected?: boolean;
  /** Pure, as for channels: one target for each job. An empty list means that nothing is handed over. */
  targets(notice: Notice): readonly ChannelTarget<T>[];
}

/** A service that takes its jobs from a queue in Redis. */
export interface Handover<T = unknown> extends Receiver<T> {
  /** Which Redis the queue is in; `main` unless told otherwise. */
  readonly redis?: 'main' | 'insights';
  /** Makes the job; reads what else it needs from the database. A thrown error means: try again later. */
  job(notice: Notice, target: T): Promise<SidekiqJob | Silence>;
}

/** A service with an address of its own, which is told directly. */
export interface AddressedService<T = unknown> extends Receiver<T> {
  /** The variable that holds its address. */
  readonly variable: string;
  /** Its address is known. */
  readonly configured: boolean;
  /** Tells it; reads what else it needs from the database. A thrown error means: try again later. */
  tell(notice: Notice, target: T, context: DeliverContext): Promise<DeliveryOutcome>;
  /** Closes its connections. */
  close(): Promise<void>;
}
