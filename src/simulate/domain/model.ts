import { isFinished, type JobState, type Result } from '../../contracts/states';
import type { Step } from './script';

/**
 * What must become of a job, worked out from what was really said about it. Independent of the rest of src/ on purpose:
 * this is what Hub is compared with.
 *
 * Where it is not certain that Hub heard something (the connection broke before the confirm), both is possible, so the
 * model keeps all states that may be right.
 */

/** Something that was said to Hub about a job, in the order in which it was said. */
export type Act = Said | Calling | Called;

/** A worker reported. */
export interface Said {
  readonly kind: 'said';
  readonly step: Step;
  /** Which run of the job, from 1; a later one was picked up later. Null in HTTP, where reports name no run. */
  readonly run: number | null;
  /** `meta.state_update_count`. */
  readonly count: number;
  /** False when it is not known whether Hub heard it. */
  sure: boolean;
  /** HTTP: what Hub answered. */
  status?: number;
}

/** A person's cancel is on its way: until it is answered, reports may come before it or after it. */
export interface Calling {
  readonly kind: 'calling';
}

/** The API was called by the scheduler or a person, and has answered. */
export interface Called {
  readonly kind: 'called';
  readonly call: 'queue' | 'cancel' | 'cancel_rest' | 'cancel_build' | 'restart' | 'restart_build';
  /** What Hub answered; undefined when no answer came. */
  readonly status: number | undefined;
}

/** What Hub may believe about a job. */
interface Belief {
  readonly state: JobState;
  /** The latest run that it heard of, 0 for none, and the highest count of that. */
  readonly run: number;
  readonly count: number;
  /** Only if the cancel that is on its way has been carried out. */
  readonly early: boolean;
}

export interface Expectation {
  /** Every state that is right in the end. */
  readonly states: ReadonlySet<JobState>;
  /** Answers of Hub that were wrong, in words. */
  readonly wrongAnswers: readonly string[];
}

const AT_FIRST: Belief = { state: 'created', run: 0, count: -1, early: false };

/** Follows all that was said about a job. */
export function expectationOf(acts: readonly Act[]): Expectation {
  let beliefs: readonly Belief[] = [AT_FIRST];
  const wrongAnswers: string[] = [];
  for (const [i, act] of acts.entries()) {
    const problem = problemOf(act, beliefs);
    if (problem !== null && lateEnds(acts.slice(0, i)).length === 0) wrongAnswers.push(problem);
    beliefs = unique(after(beliefs, act));
  }
  return { states: new Set([...beliefs.map(({ state }) => state), ...lateEnds(acts)]), wrongAnswers };
}

function after(beliefs: readonly Belief[], act: Act): readonly Belief[] {
  if (act.kind === 'said') return afterReport(beliefs, act);
  if (act.kind === 'called') return afterCall(beliefs, act);
  const open = beliefs.filter(({ state }) => !isFinished(state));
  return [...beliefs, ...open.map((belief): Belief => ({ ...belief, state: 'canceled', early: true }))];
}

function afterReport(beliefs: readonly Belief[], said: Said): Belief[] {
  const heard = beliefs.map((belief) => hear(belief, said));
  return said.sure ? heard : [...beliefs, ...heard];
}

/** What a report makes of a job: it counts when neither its own run nor a later one has said more already. */
function hear(belief: Belief, { run, count, step }: Said): Belief {
  const state = move(belief.state, step);
  if (run === null) return { ...belief, state };
  if (run < belief.run || (run === belief.run && count <= belief.count)) return belief;
  // Who finished a job has the last word; a run that Hub has not heard of before cannot change that.
  if (run > belief.run && isFinished(belief.state)) return belief;
  return { ...belief, state, run, count };
}

const RESULTS: Readonly<Partial<Record<Step, Result>>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'canceled',
};

function move(state: JobState, step: Step): JobState {
  if (isFinished(state)) return state;
  if (step === 'receive') return state === 'started' ? state : 'received';
  if (step === 'start') return 'started';
  return RESULTS[step] ?? 'created';
}

function afterCall(beliefs: readonly Belief[], { call, status }: Called): Belief[] {
  if (status === undefined) return [...beliefs, ...afterCall(beliefs, { kind: 'called', call, status: 200 })];
  // Another call than the one that was refused may be under way.
  if (status !== 200) return beliefs.filter(({ early }) => !early || call === 'queue');
  const become = (state: JobState) => beliefs.map((belief) => ({ ...belief, state, early: false }));
  const over = beliefs.filter(({ state }) => isFinished(state));
  switch (call) {
    case 'queue':
      // A person may have canceled it before the answer came.
      return beliefs.map((belief) => (isFinished(belief.state) ? belief : { ...belief, state: 'queued' }));
    case 'cancel':
    case 'cancel_rest':
      // It was open when that was answered, whatever was on its way already.
      return become('canceled');
    case 'cancel_build':
      // An end that was on its way may have come before.
      return [...over, ...become('canceled')];
    case 'restart':
    case 'restart_build':
      return become('created');
  }
}

/**
 * The end that a request reported to which no answer came may arrive at any time. Reports on the broker do not: what is
 * not in the queue when the connection breaks never will be.
 */
function lateEnds(acts: readonly Act[]): Result[] {
  return acts.flatMap((act) => {
    const result = act.kind === 'said' && act.run === null && !act.sure ? RESULTS[act.step] : undefined;
    return result === undefined ? [] : [result];
  });
}

/** What is wrong with Hub's answer, if that can be told: 200 when something changed, 409 when not. */
function problemOf(act: Act, beliefs: readonly Belief[]): string | null {
  if (act.kind === 'calling') return null;
  const due = new Set(beliefs.map(({ state }) => dueAnswer(act, state)));
  if (act.status === undefined || due.has(act.status) || due.has(null)) return null;
  const states = [...new Set(beliefs.map(({ state }) => state))].join(' or ');
  const what = act.kind === 'said' ? `the report "${act.step}"` : `the call "${act.call}"`;
  return `${what} for a job that was ${states} was answered ${act.status} instead of ${[...due].join(' or ')}`;
}

/** Null when more than what was said about this job decides. */
function dueAnswer(act: Said | Called, state: JobState): number | null {
  if (act.kind === 'said') return move(state, act.step) === state ? 409 : 200;
  if (act.call === 'restart' || act.call === 'restart_build') return 200;
  // An end that was reported may still be on its way.
  return act.call === 'cancel' && !isFinished(state) ? 200 : null;
}

function unique(beliefs: readonly Belief[]): Belief[] {
  return [...new Map(beliefs.map((belief) => [Object.values(belief).join(), belief])).values()];
}
