import type { DeliveryOutcome, RetryPolicy } from '../../contracts/delivery';

/** What a delivery becomes after an attempt. */
export type NextState =
  { readonly state: 'delivered' | 'failed' | 'dropped' } | { readonly state: 'pending'; readonly pauseMs: number };

/** A target may ask to be left alone, but not for ever. */
const LONGEST_ASKED_MS = 24 * 3_600_000;

/**
 * Decides what becomes of a delivery: the one place where retry timing is made (D10).
 *
 * @param attempt the attempt just made, from 1
 * @param random in [0, 1): spreads retries, so that targets that come back are not hit by all at once
 * @param triedForMs how long ago the first attempt began
 */
export function nextState(
  outcome: DeliveryOutcome,
  attempt: number,
  policy: RetryPolicy,
  random: number,
  triedForMs = 0,
): NextState {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered' };
    case 'dropped':
      return { state: 'dropped' };
    case 'rejected':
      return { state: 'failed' };
    case 'retry': {
      const leftMs = (policy.horizonMs ?? Infinity) - triedForMs;
      if (attempt >= policy.attempts || leftMs <= 0) return { state: 'failed' };
      const backoff = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempt - 1)) * (0.75 + random / 2);
      const asked = Math.min(outcome.afterMs ?? 0, LONGEST_ASKED_MS);
      // Asked to wait until it is too late.
      if (asked > leftMs) return { state: 'failed' };
      // The last attempt is made at the very end of the horizon.
      return { state: 'pending', pauseMs: Math.round(Math.max(Math.min(backoff, leftMs), asked)) };
    }
  }
}
