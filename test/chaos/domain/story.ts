import type { Random } from './random';

/**
 * What happens to a job outside of Hub: what its workers report and what people wish. How workers misbehave is what is
 * known of those in the field: they repeat, swap and lose reports, die, run a job again that is over, and do not hear.
 */

/** What a worker can report. */
export type Report = 'receive' | 'start' | 'reset' | End;
export type End = 'passed' | 'failed' | 'errored' | 'cancelled';
export type State = 'created' | 'queued' | 'received' | 'started' | Result;
export type Result = 'passed' | 'failed' | 'errored' | 'canceled';

export interface Reported {
  readonly kind: 'report';
  readonly report: Report;
  /** Which run of the job on a worker, from 1. */
  readonly run: number;
  /** `meta.state_update_count`. */
  readonly count: number;
  /** How often it is sent. */
  readonly copies: number;
  /** Sent once, whether or not the broker takes it. */
  readonly careless: boolean;
}

export interface Wished {
  readonly kind: 'wish';
  readonly wish: 'cancel' | 'restart';
}

export type Act = Reported | Wished;

/** What is said together, so that nobody can know in which order it is heard. */
export interface Scene {
  readonly acts: readonly Act[];
  /** The story goes on when the job is seen in one of these states; null for at once. */
  readonly until: readonly State[] | null;
  /** Waits for the end of the build's other jobs. */
  readonly afterBuild: boolean;
}

export interface Story {
  readonly name: StoryName;
  readonly scenes: readonly Scene[];
  /** The first scene is played before the job's row is there. */
  readonly early: boolean;
  /** How wrong the clock of each of its runs' worker is, in milliseconds. */
  readonly skewsMs: readonly [number, number];
}

export const FINISHED: readonly State[] = ['passed', 'failed', 'errored', 'canceled'];
const TAKEN: readonly State[] = ['received', 'started', ...FINISHED];
const RUNNING: readonly State[] = ['started', ...FINISHED];
const OPEN: readonly State[] = ['created', 'queued'];

const WEIGHTS = {
  plain: 30,
  hasty: 14,
  repeated: 10,
  receive_lost: 4,
  start_lost: 4,
  reset: 6,
  reset_overtakes: 4,
  zombie: 6,
  run_again: 6,
  careless: 4,
  canceled: 4,
  cancel_races: 4,
  deaf: 3,
  restarted: 4,
  early: 3,
};
export type StoryName = keyof typeof WEIGHTS;

/** Stories that start over or end by a person's hand: what they mean for later stages is another matter. */
const NOT_IN_STAGES: ReadonlySet<StoryName> = new Set(['canceled', 'cancel_races', 'deaf', 'restarted', 'reset']);

/** Stories in which a second worker runs the job before the first one has finished it. */
const RIVALS: ReadonlySet<StoryName> = new Set(['zombie', 'careless']);

const MINUTE = 60_000;
const SKEWS = [-26 * 60 * MINUTE, -61 * MINUTE, -90_000, 45_000, 59 * MINUTE, 25 * 60 * MINUTE];

/** Draws the story of a job. */
export function drawStory(random: Random, staged: boolean): Story {
  let name = random.weighted(WEIGHTS);
  if (staged && NOT_IN_STAGES.has(name)) name = 'plain';
  return {
    name,
    scenes: scenesOf(name, random),
    early: name === 'early',
    skewsMs: drawSkews(random, RIVALS.has(name)),
  };
}

/** Of two runs at a time the one with the earlier time would be believed to be the earlier one (docs/adr/0005). */
function drawSkews(random: Random, rivals: boolean): readonly [number, number] {
  const skew = () => (random.happens(0.2) ? random.pick(SKEWS) : 0);
  const [first, second] = [skew(), skew()];
  return [first, rivals ? Math.max(first, second) : second];
}

function scenesOf(name: StoryName, random: Random): Scene[] {
  const end = drawEnd(random);
  const other: End = end === 'passed' ? 'failed' : 'passed';
  const copies = () => random.between(1, 3);
  switch (name) {
    case 'plain':
      return calm(1, end);
    case 'hasty':
      return [scene(random.shuffled([report('receive', 1, 0), report('start', 1, 1), report(end, 1, 2)]), FINISHED)];
    case 'repeated':
      return [
        scene([report('receive', 1, 0, copies())], TAKEN),
        scene([report('receive', 1, 0), report('start', 1, 1, copies())], RUNNING),
        scene([report(end, 1, 2, copies()), report('start', 1, 1)], FINISHED),
        scene([report('receive', 1, 0), report(end, 1, 2)], null),
      ];
    case 'receive_lost':
      return calm(1, end).slice(1);
    case 'start_lost':
      return [scene([report('receive', 1, 0)], TAKEN), scene([report(end, 1, 2)], FINISHED)];
    case 'reset':
      return [scene([report('receive', 1, 0)], TAKEN), scene([report('reset', 1, 1)], OPEN), ...calm(2, end)];
    case 'reset_overtakes':
      return [
        scene([report('receive', 1, 0)], TAKEN),
        scene([report('reset', 1, 2), report('start', 1, 1)], OPEN),
        ...calm(2, end),
      ];
    case 'zombie':
      return [
        ...calm(1, end).slice(0, 2),
        scene([report('receive', 2, 0), report('start', 2, 1), report(other, 2, 2)], FINISHED),
        scene([report(end, 1, 2)], null),
      ];
    case 'run_again':
      return [
        ...calm(1, end),
        scene([report('receive', 2, 0), report('start', 2, 1)], null),
        scene([report(other, 2, 2)], null),
      ];
    case 'careless':
      return [
        ...calm(1, end).slice(0, 2),
        scene(
          [
            { ...report(end, 1, 2), careless: true },
            report('receive', 2, 0),
            report('start', 2, 1),
            report(other, 2, 2),
          ],
          FINISHED,
        ),
      ];
    case 'canceled':
      return [...calm(1, end).slice(0, 2), scene([CANCEL], FINISHED), scene([report('cancelled', 1, 2)], null)];
    case 'cancel_races':
      return [...calm(1, end).slice(0, 2), scene(random.shuffled([CANCEL, report(end, 1, 2)]), FINISHED)];
    case 'deaf':
      return [
        ...calm(1, end).slice(0, 1),
        scene([CANCEL], FINISHED),
        scene([report('start', 1, 1), report(end, 1, 2)], null),
      ];
    case 'restarted':
      return [...calm(1, end), { ...scene([RESTART], OPEN), afterBuild: true }, ...calm(2, other)];
    case 'early':
      return [scene([report('receive', 1, 0), report('start', 1, 1)], RUNNING), scene([report(end, 1, 2)], FINISHED)];
  }
}

const CANCEL: Wished = { kind: 'wish', wish: 'cancel' };
const RESTART: Wished = { kind: 'wish', wish: 'restart' };

/** A run in which each report is heard before the next one is made. */
function calm(run: number, end: End): Scene[] {
  return [
    scene([report('receive', run, 0)], TAKEN),
    scene([report('start', run, 1)], RUNNING),
    scene([report(end, run, 2)], FINISHED),
  ];
}

function scene(acts: readonly Act[], until: readonly State[] | null): Scene {
  return { acts, until, afterBuild: false };
}

function report(what: Report, run: number, count: number, copies = 1): Reported {
  return { kind: 'report', report: what, run, count, copies, careless: false };
}

function drawEnd(random: Random): End {
  return random.weighted({ passed: 80, failed: 12, errored: 6, cancelled: 2 });
}
