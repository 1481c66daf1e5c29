/**
 * What a delivery attempt can come to. Whoever delivers never loops, sleeps or counts; it only says what happened.
 *
 * - `delivered`: done.
 * - `retry`: may work later; `afterMs` is how long the target asked to be left alone.
 * - `rejected`: will never work; the delivery ends as failed and stays visible.
 * - `dropped`: no longer wanted (for example a newer run exists).
 *
 * A thrown error means `retry`. No reason may contain a secret.
 */
export type DeliveryOutcome =
  | { readonly kind: 'delivered'; readonly code?: number; readonly response?: string }
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly afterMs?: number;
      readonly code?: number;
      readonly response?: string;
    }
  | { readonly kind: 'rejected'; readonly reason: string; readonly code?: number; readonly response?: string }
  | { readonly kind: 'dropped'; readonly reason: string };

/**
 * Thrown by a deliverer that could not begin, because Hub's own database was away. That is no fault of the target: the
 * attempt is not counted, and nobody else is held up for it.
 */
export class NotAttempted extends Error {
  constructor(cause: unknown) {
    super('Nothing was sent: the database did not say what there is to tell.', { cause });
    this.name = 'NotAttempted';
  }
}

/** Instead of a target's fingerprint: the channel failed to say whom to tell, and the row only says so. */
export const NOT_PLANNED = 'planning';

/** A claimed delivery row, leased to this process. */
export interface Delivery {
  /** Stable over all attempts and restarts: receivers use it to recognise a repeat. */
  readonly id: number;
  readonly channel: string;
  readonly eventId: number | null;
  readonly jobId: number | null;
  /** The job's lifecycle run (1 + restarts and resets) that the delivery belongs to; null when it does not matter. */
  readonly run: number | null;
  /** Which element of the channel's config the target came from. */
  readonly element: number;
  /** Hash of the target; the target itself may be a secret and is resolved again at send time. */
  readonly fingerprint: string;
  /** Only side effects carry their own data; notices are made from the event. */
  readonly payload: Readonly<Record<string, unknown>> | null;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The job was started over since: what is left of an earlier run must not hit the new one. */
  readonly outlived: boolean;
  /** Where it goes over the network; null when its channel did not say. */
  readonly destination: string | null;
  /** How long ago it was first taken up, in milliseconds. */
  readonly triedForMs: number;
}

/** When a failed attempt is tried again. */
export interface RetryPolicy {
  /** Pause after the first failure, in milliseconds; it doubles with each further one. */
  readonly firstPauseMs: number;
  /** No pause is longer than this, in milliseconds, unless the target asks for it. */
  readonly longestPauseMs: number;
  /** After so many attempts the delivery ends as failed. */
  readonly attempts: number;
  /** No attempt begins later than this after the first, in milliseconds, so that nobody is told what is long past. */
  readonly horizonMs?: number;
}

/** Delivers all rows of one channel name. */
export interface Deliverer {
  readonly channel: string;
  readonly retry: RetryPolicy;
  /** How long one attempt may take, in milliseconds; the signal aborts after it. */
  readonly timeoutMs: number;
  /** False while nobody is there to deliver to: rows wait untouched, no attempt is counted. Not given means always. */
  readonly available?: boolean;
  /** A delivery that is tried again holds up those after it with the same order key; without this it holds up nobody. */
  readonly strictOrder?: boolean;
  /** Deliverers of one lane share its limit of attempts at once; no lane waits for another. */
  readonly lane?: string;
  /** Of deliveries with one order key only the newest counts: older ones are dropped, two are never on their way. */
  readonly latestOnly?: boolean;
  /** Its destinations are slowed down one by one when they keep failing or hanging; without one, all of the channel. */
  readonly slowsDown?: boolean;
  deliver(delivery: Delivery, signal: AbortSignal): Promise<DeliveryOutcome>;
}
