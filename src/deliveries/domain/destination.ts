/** What is known of one destination: a host, say, that deliveries of any channel go to. Times in milliseconds. */
export interface Destination {
  /** Most attempts at once; grows while it answers quickly, shrinks while it does not. */
  readonly share: number;
  readonly inFlight: number;
  /** Failures since it last answered. */
  readonly failures: number;
  /** No attempt before this. */
  readonly pausedUntil: number;
  /** The pause that led there; the next one is twice as long. */
  readonly pauseMs: number;
  /** How long an attempt takes, as far as is known. */
  readonly usualMs: number;
  /** Since when its share is used up. */
  readonly fullSince: number;
  /** The turn that was given out last to those who wait. */
  readonly lastTurn: number;
}

/** A tenth of what a lane has on its way at once is risked on a destination that nothing is known of. */
const FIRST_SHARE = 20;
const LEAST_SHARE = 2;
const MOST_SHARE = 200;
/** Answers within this are quick: more of them at once cannot hold anybody up. */
const QUICK_MS = 1_000;
const FAILURES_BORNE = 5;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Nobody waits longer for a turn: the destination may have recovered. */
const LONGEST_TURN_MS = 300_000;
const SHORTEST_TURN_MS = 50;

export const NEW_DESTINATION: Destination = {
  share: FIRST_SHARE,
  inFlight: 0,
  failures: 0,
  pausedUntil: 0,
  pauseMs: 0,
  usualMs: 50,
  fullSince: 0,
  lastTurn: 0,
};

/** Whether an attempt may begin now, or in how many milliseconds it should ask again. */
export type Admission =
  | { readonly admitted: true; readonly next: Destination }
  | { readonly admitted: false; readonly next: Destination; readonly afterMs: number };

/**
 * Lets an attempt begin, or gives it a turn later.
 *
 * A destination that fails again and again is left alone for a while, then probed with one attempt; one that is slow has
 * few on their way at once. Turns are as far apart as attempts can follow each other, so that whoever waits is not taken
 * up in vain over and over.
 *
 * Deliveries that were tried before are not held back by that: each leaves the destination alone for ever longer by itself,
 * and keeps to its schedule. They are few, since only probes add to them, and at most {@link LEAST_SHARE} are on their way
 * at once.
 *
 * @param tried whether the delivery was tried before
 */
export function admit(of: Destination, now: number, tried = false): Admission {
  const probing = of.failures >= FAILURES_BORNE;
  const onSchedule = probing && tried;
  const share = onSchedule ? LEAST_SHARE : probing ? 1 : of.share;
  if ((onSchedule || now >= of.pausedUntil) && of.inFlight < share) {
    const inFlight = of.inFlight + 1;
    return { admitted: true, next: { ...of, inFlight, fullSince: inFlight >= share ? now : of.fullSince } };
  }
  const takesMs = Math.max(of.usualMs, of.inFlight >= share ? now - of.fullSince : 0);
  if (onSchedule) {
    const afterMs = Math.round(Math.min(Math.max(SHORTEST_TURN_MS, takesMs), LONGEST_TURN_MS));
    return { admitted: false, next: of, afterMs };
  }
  const earliest = Math.max(of.pausedUntil, now + SHORTEST_TURN_MS);
  const turn = Math.min(Math.max(of.lastTurn, earliest) + takesMs / share, now + LONGEST_TURN_MS);
  return { admitted: false, next: { ...of, lastTurn: turn }, afterMs: Math.round(turn - now) };
}

/** How many of those who were given a turn may come at once; nobody while it fails: then turns are kept. */
export function roomAt(of: Destination, now: number): number {
  return of.failures >= FAILURES_BORNE || now < of.pausedUntil ? 0 : Math.max(0, of.share - of.inFlight);
}

/**
 * Learns from an attempt that is over.
 *
 * @param answered it got an answer that is not about the destination itself, be it a refusal
 * @param random in [0, 1): spreads pauses over replicas
 */
export function ended(of: Destination, answered: boolean, tookMs: number, now: number, random: number): Destination {
  const inFlight = Math.max(0, of.inFlight - 1);
  const usualMs = of.usualMs * 0.8 + tookMs * 0.2;
  if (answered) {
    const share =
      tookMs < QUICK_MS ? Math.min(MOST_SHARE, of.share + 1) : Math.max(FIRST_SHARE, Math.floor(of.share / 2));
    // Whoever was put off while it failed has a turn anyway; those who come now need not queue behind them.
    const lastTurn = of.failures > 0 ? now : of.lastTurn;
    return { ...of, inFlight, usualMs, share, lastTurn, failures: 0, pausedUntil: 0, pauseMs: 0 };
  }
  const failures = of.failures + 1;
  const failed = { ...of, inFlight, usualMs, failures, share: Math.max(LEAST_SHARE, Math.floor(of.share / 2)) };
  // Those that were on their way together are one failure.
  if (failures < FAILURES_BORNE || now < of.pausedUntil) return failed;
  const pauseMs = of.pauseMs === 0 ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, of.pauseMs * 2);
  return { ...failed, pauseMs, pausedUntil: now + pauseMs * (0.75 + random / 2) };
}

/** An attempt was broken off by ourselves: nothing is learnt. */
export function released(of: Destination): Destination {
  return { ...of, inFlight: Math.max(0, of.inFlight - 1) };
}
