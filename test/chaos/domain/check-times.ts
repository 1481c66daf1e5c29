import type { Finding } from './evidence';

/**
 * Judges how long things took. The bars:
 *
 * - States are right again within 15 s of the end of a fault, and nobody had to help.
 * - A target that is there all the time is told within 5 s of the event. A fault of Hub or of its servers is no fault of
 *   the target, but nobody can be told meanwhile: what was decided before Hub had recovered, and was not yet due when the
 *   fault began, is told within 15 s of the fault's end, which is what a dead replica's lease and the next look for due
 *   deliveries come to. When another fault begins before that, its end counts.
 * - What is told of a build keeps its order: an event is never due before an earlier one of its build.
 * - A target that refuses is tried again within 5 s of the longest pause of the schedule (2 s, 4 s, …, each up to a quarter
 *   more), with the same allowance for faults. What a pause follows may have been noted only at a fault's end.
 */

/** A fault, and how long Hub took to mend what it left. */
export interface Disturbance {
  readonly name: string;
  /** In ms since 1970. */
  readonly began: number;
  readonly ended: number;
  /** Until states were right; null when that took too long. */
  readonly recoveredMs: number | null;
}

/** One telling of a target that was there all the time. */
export interface TellingTime {
  readonly buildId: number;
  readonly about: string;
  /** When the event was decided, in ms since 1970. */
  readonly at: number;
  /** When the target was told of it first. */
  readonly came: number;
  /** What was noted on its way, for whoever has to find out why it took long. */
  readonly notes: string;
}

/** When a moody target was tried under one id, in ms since 1970. */
export interface Attempts {
  readonly buildId: number;
  readonly about: string;
  readonly came: readonly number[];
  /** Attempts that counted and never came: they lengthen pauses as well. */
  readonly unseen: number;
  readonly notes: string;
}

export interface Timing {
  readonly findings: readonly Finding[];
  /** How long tellings took that no fault excuses, in milliseconds, sorted. */
  readonly calm: readonly number[];
  /** The same for the others, from the event or from the end of the last fault that they met, whichever was later. */
  readonly disturbed: readonly number[];
}

const RECOVERY_BAR_MS = 15_000;
const TELLING_BAR_MS = 5_000;
/** The first pause of the schedule at its longest; each is twice the one before. */
const LONGEST_FIRST_PAUSE_MS = 2_500;

/** @param tellings of each build in the order of its events */
export function judgeTimes(disturbances: readonly Disturbance[], tellings: readonly TellingTime[]): Timing {
  const findings = disturbances.flatMap(judgeRecovery);
  const calm: number[] = [];
  const disturbed: number[] = [];
  const before = new Map<number, Due>();
  for (const telling of tellings) {
    const due = later(dueOf(telling.at, TELLING_BAR_MS, disturbances), before.get(telling.buildId));
    before.set(telling.buildId, due);
    const tookMs = telling.came - Math.max(telling.at, due.fault?.ended ?? 0);
    (due.fault ? disturbed : calm).push(Math.max(0, tookMs));
    if (telling.came > due.at) findings.push(late(telling, due, disturbances));
  }
  return { findings, calm: inOrder(calm), disturbed: inOrder(disturbed) };
}

/** Whether those who refused were tried again when it was their turn. */
export function judgeAttempts(disturbances: readonly Disturbance[], tellings: readonly Attempts[]): Finding[] {
  return tellings.flatMap(({ buildId, about, came, unseen, notes }) =>
    came.slice(1).flatMap((next, i): Finding[] => {
      const before = came[i] ?? next;
      const pauseMs = LONGEST_FIRST_PAUSE_MS * 2 ** (i + unseen);
      if (next <= dueOf(before, pauseMs + TELLING_BAR_MS, disturbances).at) return [];
      const text = `${about} was tried again after ${seconds(next - before)}, ${seconds(pauseMs)} at most were planned (${notes})`;
      return [{ kind: 'stuck', about, buildId, text }];
    }),
  );
}

interface Due {
  /** In ms since 1970. */
  readonly at: number;
  /** The last fault that excuses it. */
  readonly fault: Disturbance | null;
}

function dueOf(decided: number, barMs: number, disturbances: readonly Disturbance[]): Due {
  let due: Due = { at: decided + barMs, fault: null };
  for (const fault of disturbances) {
    const met = fault.began < due.at && decided < fault.ended + (fault.recoveredMs ?? 0);
    if (met) due = later(due, { at: fault.ended + Math.max(RECOVERY_BAR_MS, barMs), fault });
  }
  return due;
}

function later(one: Due, other: Due | undefined): Due {
  return other && other.at > one.at ? other : one;
}

function judgeRecovery({ name, recoveredMs }: Disturbance): Finding[] {
  if (recoveredMs !== null && recoveredMs <= RECOVERY_BAR_MS) return [];
  const took = recoveredMs === null ? 'were not right within a minute' : `were right after ${seconds(recoveredMs)}`;
  return [{ kind: 'stuck', about: name, buildId: null, text: `after "${name}" states ${took}, not within 15 s` }];
}

function late({ buildId, about, at, came, notes }: TellingTime, due: Due, all: readonly Disturbance[]): Finding {
  const last = all.filter(({ ended }) => ended <= at).at(-1);
  const since = due.fault ?? last;
  const when = since ? `${seconds(came - since.ended)} after the end of "${since.name}"` : 'before any fault';
  const text = `a target that was there all the time was told of ${about} after ${seconds(came - at)}, ${when} (${notes})`;
  return { kind: 'stuck', about, buildId, text };
}

function inOrder(list: readonly number[]): number[] {
  return [...list].sort((a, b) => a - b);
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
