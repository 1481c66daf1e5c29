import type { PlannedJob } from './plan';
import { Random } from './random';
import type { Trouble } from './troubles';

/** What a worker can say about a run. */
export type Step = 'receive' | 'start' | 'reset' | End;
export type End = 'passed' | 'failed' | 'errored' | 'cancelled';

/** One thing a run says, and how that gets to Hub. */
export interface Line {
  readonly step: Step;
  /** What the worker does before it says so, in milliseconds. */
  readonly afterMs: number;
  /** Publishing fails: nobody hears it, and the worker goes on. */
  readonly lost: boolean;
  /** It is sent only after the next line. */
  readonly behindNext: boolean;
  /** Arrives so much later; the lines after it do not wait. In HTTP the request takes so long. */
  readonly delayMs: number;
  /** Sent again after so long; null for once. */
  readonly againMs: number | null;
  /** HTTP: the connection breaks when half of the request is sent, or before the answer. */
  readonly breaks: 'half_way' | 'before_answer' | null;
}

/** One run of a job on a worker, with all that goes wrong in it. */
export interface Script {
  readonly lines: readonly Line[];
  /** How many lines it says before the worker dies; null when it lives. */
  readonly diesAfter: number | null;
  /** What the dead run still says, after the next run said that it has received the job, or when the job is over. */
  readonly ghost: { readonly step: Step; readonly when: 'next_run' | 'over' } | null;
  /** The connection breaks right after the publishing of this line; null when it holds. */
  readonly cutAt: number | null;
  /** The job is given to another worker although this run reported its end. */
  readonly again: boolean;
  readonly deaf: boolean;
  /** HTTP: the Job Board cannot be told that the job is over. */
  readonly boardDown: boolean;
}

const PLAIN = {
  diesAfter: null,
  ghost: null,
  cutAt: null,
  again: false,
  deaf: false,
  boardDown: false,
} as const;

/** In percent of the runs. A job that may fail does so more often. */
const ENDS = { failed: 6, errored: 2, allowedFailure: 35, reset: 4 } as const;
/** These are about how a run ends, so it has to boot. */
const NEEDS_AN_END: ReadonlySet<Trouble> = new Set(['late', 'zombie', 'unacked', 'deaf', 'board_down']);

/**
 * Writes the script of a run. Troubles come in a job's first run only, so that every job comes to its end.
 *
 * @param run which run of the job it is, from 1
 */
export function scriptOf(seed: number, job: PlannedJob, run: number): Script {
  const random = new Random(seed, 2, job.index, run);
  const trouble = run === 1 ? job.trouble : 'none';
  const boots = run > 1 || NEEDS_AN_END.has(trouble) || !random.happens(ENDS.reset);
  const lines = linesOf(random, job, boots);
  // Run again although it is over: the two must not agree by chance, or nobody would see which one counts.
  if (run === 2 && job.trouble === 'unacked') return { lines: otherEnd(lines, scriptOf(seed, job, 1)), ...PLAIN };
  return { lines, ...PLAIN, ...withTrouble(random, trouble, lines) };
}

function linesOf(random: Random, job: PlannedJob, boots: boolean): Line[] {
  const steps: readonly Step[] = boots
    ? ['receive', 'start', endOf(random, job)]
    : random.pick([
        ['receive', 'reset'],
        ['receive', 'start', 'reset'],
      ]);
  return steps.map((step) => ({
    step,
    afterMs: step === 'receive' ? 0 : random.between(10, 120),
    lost: false,
    behindNext: false,
    delayMs: 0,
    againMs: null,
    breaks: null,
  }));
}

function otherEnd(lines: readonly Line[], { lines: before }: Script): Line[] {
  const step = before.at(-1)?.step === 'passed' ? 'failed' : 'passed';
  return lines.map((line, i) => (i === lines.length - 1 ? { ...line, step } : line));
}

function endOf(random: Random, { allowFailure }: PlannedJob): End {
  if (random.happens(allowFailure ? ENDS.allowedFailure : ENDS.failed)) return 'failed';
  return random.happens(ENDS.errored) ? 'errored' : 'passed';
}

function withTrouble(random: Random, trouble: Trouble, lines: readonly Line[]): Partial<Script> {
  const last = lines.length - 1;
  const any = random.between(0, last);
  /** Any but the last. */
  const early = random.between(0, last - 1);
  const change = (at: number, changed: Partial<Line>): Pick<Script, 'lines'> => ({
    lines: lines.map((line, i) => (i === at ? { ...line, ...changed } : line)),
  });
  switch (trouble) {
    case 'swapped':
      return change(early, { behindNext: true });
    case 'delayed':
      return change(early, { delayMs: random.between(100, 600) });
    case 'repeated':
      return {
        lines: lines.map((line, i) =>
          i === any || random.happens(50) ? { ...line, againMs: random.between(0, 400) } : line,
        ),
      };
    case 'lost':
      return change(early, { lost: true });
    case 'dies':
      return { diesAfter: random.between(0, last) };
    case 'late':
      return { diesAfter: 1, ghost: { step: 'start', when: 'next_run' } };
    case 'zombie':
      return { diesAfter: 2, ghost: { step: random.pick(['failed', 'errored']), when: 'over' } };
    case 'unacked':
      return { again: true };
    case 'cut':
      return { cutAt: any };
    case 'deaf':
      return { deaf: true };
    case 'slow':
      return change(any, { delayMs: random.between(200, 900) });
    case 'aborted':
      return change(any, { breaks: 'half_way' });
    case 'unanswered':
      return change(any, { breaks: 'before_answer' });
    case 'board_down':
      return { boardDown: true };
    case 'none':
      return {};
  }
}
