import type { Act, Report, Result, State } from './story';

/**
 * What Hub may have made of a job, worked out from what was said about it and nothing else. Independent of src/ on
 * purpose: this is what Hub is compared with.
 *
 * A history is the list of events of a job, such as `received started finished:passed`. Within a scene every order is
 * possible, and what is not known to have been heard may have been heard or not; so there are sets of histories.
 */

/** An act, and whether Hub heard it: for certain, or perhaps. */
export interface Said {
  readonly act: Act;
  readonly sure: boolean;
}

interface Belief {
  readonly state: State;
  /** Runs by when they were first heard of, each with its highest count. */
  readonly runs: readonly { readonly run: number; readonly count: number }[];
  readonly history: readonly string[];
}

/** Nothing was heard yet. */
const AT_FIRST: Belief = { state: 'created', runs: [], history: [] };

/** Most acts of a scene: all their orders are gone through. */
const MOST_ACTS = 6;

/**
 * All histories that are right.
 *
 * @param scenes what was really said, scene by scene
 */
export function legalHistories(scenes: readonly (readonly Said[])[]): ReadonlySet<string> {
  let beliefs: readonly Belief[] = [AT_FIRST];
  for (const said of scenes) {
    const ways = waysToHear(said);
    beliefs = distinct(beliefs.flatMap((belief) => ways.map((acts) => acts.reduce(hear, belief))));
  }
  return new Set(beliefs.map(({ history }) => history.join(' ')));
}

/** Every order of every choice of what may have been heard. */
function waysToHear(said: readonly Said[]): Act[][] {
  if (said.length > MOST_ACTS) throw new Error(`a scene of ${said.length} acts is too long for the model`);
  const choices = said.reduce<Act[][]>(
    (lists, { act, sure }) => [...lists.map((list) => [...list, act]), ...(sure ? [] : lists)],
    [[]],
  );
  return choices.flatMap(ordersOf);
}

function ordersOf(acts: readonly Act[]): Act[][] {
  if (acts.length < 2) return [[...acts]];
  return acts.flatMap((first, i) => ordersOf(acts.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));
}

function hear(belief: Belief, act: Act): Belief {
  if (act.kind === 'wish') {
    if (act.wish === 'restart') return moved(belief, 'created', 'restarted');
    return isOver(belief.state) ? belief : moved(belief, 'canceled', 'canceled');
  }
  const latest = belief.runs.at(-1);
  const known = belief.runs.some(({ run }) => run === act.run);
  // What an earlier run says, or this one said before, comes too late.
  if (known && (latest?.run !== act.run || act.count <= latest.count)) return belief;
  // The last word is that of the run that finished the job.
  if (!known && isOver(belief.state) && act.report !== 'receive' && act.report !== 'start') return belief;
  const runs = [...belief.runs.filter(({ run }) => run !== act.run), { run: act.run, count: act.count }];
  return report({ ...belief, runs }, act.report);
}

const RESULTS: Readonly<Partial<Record<Report, Result>>> = {
  passed: 'passed',
  failed: 'failed',
  errored: 'errored',
  cancelled: 'canceled',
};

function report(belief: Belief, what: Report): Belief {
  const { state } = belief;
  if (isOver(state)) return belief;
  if (what === 'reset') return moved(belief, 'created', 'restarted');
  if (what === 'receive') return state === 'received' || state === 'started' ? belief : moved(belief, 'received');
  if (what === 'start') return state === 'started' ? belief : moved(belief, 'started');
  const result = RESULTS[what] ?? 'errored';
  return moved(belief, result, `finished:${result}`);
}

function moved(belief: Belief, state: State, event: string = state): Belief {
  return { ...belief, state, history: [...belief.history, event] };
}

function isOver(state: State): boolean {
  return state === 'passed' || state === 'failed' || state === 'errored' || state === 'canceled';
}

function distinct(beliefs: readonly Belief[]): Belief[] {
  return [...new Map(beliefs.map((belief) => [JSON.stringify(belief), belief])).values()];
}

/** The state in which a history leaves its job. */
export function stateAfter(history: readonly string[]): string {
  const last = history.at(-1) ?? 'created';
  if (last === 'restarted') return 'created';
  return last.startsWith('finished:') ? last.slice('finished:'.length) : last;
}
