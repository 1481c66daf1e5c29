/** How often a job was reset, and when first and last. */
export interface Resets {
  readonly resets: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

export interface ResetLimits {
  /** So many resets are allowed; 0 for any number. */
  readonly limit: number;
  /** How long ago the first of them must be before the limit counts, in milliseconds. */
  readonly afterMs: number;
}

/** Counts and first times are forgotten after a day, as Travis Hub's keys in Redis expire (states.md §6.3). */
const DAY_MS = 86_400_000;

/**
 * The resets that still count.
 *
 * - A day without one ends the count.
 * - A person's restart ends it too: they were told to try again later, and what failed then shall not count against it.
 *
 * @param known what was counted so far, if anything was
 * @param restartedAt when a person restarted the job last
 */
export function currentResets(known: Resets | undefined, restartedAt: Date | null, now: Date): Resets | undefined {
  if (!known || age(known.lastAt, now) >= DAY_MS) return undefined;
  return restartedAt !== null && restartedAt >= known.lastAt ? undefined : known;
}

/** Adds a reset. The first time is forgotten a day later and begins anew, while the count goes on. */
export function countReset(current: Resets | undefined, now: Date): Resets {
  if (!current) return { resets: 1, firstAt: now, lastAt: now };
  const firstAt = age(current.firstAt, now) >= DAY_MS ? now : current.firstAt;
  return { resets: current.resets + 1, firstAt, lastAt: now };
}

/** Whether a job that was reset so often is to be given up instead of being reset once more. */
export function isResetLimited(
  current: Resets | undefined,
  { limit, afterMs }: ResetLimits,
  now: Date,
): current is Resets {
  if (!current || limit === 0 || current.resets < limit) return false;
  const sinceFirst = age(current.firstAt, now);
  return sinceFirst >= afterMs && sinceFirst < DAY_MS;
}

function age(time: Date, now: Date): number {
  return now.getTime() - time.getTime();
}
