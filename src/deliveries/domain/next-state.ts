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
 */
export function nextState(outcome: DeliveryOutcome, attempt: number, policy: RetryPolicy, random: number): NextState {
  switch (outcome.kind) {
    case 'delivered':
      return { state: 'delivered' };
    case 'dropped':
      return { state: 'dropped' };
    case 'rejected':
      return { state: 'failed' };
    case 'retry': {
      if (attempt >= policy.attempts) return { state: 'failed' };
      const backoff = Math.min(policy.longestPauseMs, policy.firstPauseMs * 2 ** (attempt - 1)) * (0.75 + random / 2);
      const asked = Math.min(outcome.afterMs ?? 0, LONGEST_ASKED_MS);
      return { state: 'pending', pauseMs: Math.round(Math.max(backoff, asked)) };
    }
  }
}
