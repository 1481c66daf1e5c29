/**
 * Scripted lives of builds, in rounds: within a round messages may arrive in any order, so that what must come out does
 * not depend on how a crash or a second replica shuffles them. Independent of src/ on purpose: this is the model.
 */

export type Step = 'receive' | 'reset' | 'start' | 'cancel' | 'passed' | 'failed' | 'cancelled' | 'restart';

/** A job's steps by round; a job without an entry says nothing in that round. */
interface JobStory {
  readonly stage: 0 | 1 | null;
  readonly steps: Readonly<Record<number, Step>>;
  readonly end: string;
}

export interface BuildStory {
  readonly name: string;
  readonly jobs: readonly JobStory[];
  readonly end: string;
  /** Every event the build and its jobs must have emitted, sorted. */
  readonly events: readonly string[];
}

export const ROUNDS = 10;

const steps = (...list: readonly (readonly [round: number, step: Step])[]) => Object.fromEntries(list);
const NORMAL = steps([0, 'receive'], [3, 'start'], [5, 'passed']);
const FAILING = steps([0, 'receive'], [3, 'start'], [5, 'failed']);
const BOOT_TROUBLE = steps([0, 'receive'], [1, 'reset'], [2, 'receive'], [3, 'start'], [5, 'passed']);
/** Canceled by a person while it runs; the worker confirms. */
const CANCELED = steps([0, 'receive'], [3, 'start'], [4, 'cancel'], [5, 'cancelled']);
const RESTARTED = steps(
  [0, 'receive'],
  [3, 'start'],
  [5, 'failed'],
  [6, 'restart'],
  [7, 'receive'],
  [8, 'start'],
  [9, 'passed'],
);
const LATER = steps([6, 'receive'], [7, 'start'], [8, 'passed']);

const job = (script: Readonly<Record<number, Step>>, end: string, stage: 0 | 1 | null = null): JobStory => ({
  stage,
  steps: script,
  end,
});
const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value);
const events = (counts: Readonly<Record<string, number>>): string[] =>
  Object.entries(counts)
    .flatMap(([name, count]) => times(count, name))
    .sort();

export const STORIES: readonly BuildStory[] = [
  {
    name: 'all pass',
    jobs: times(4, job(NORMAL, 'passed')),
    end: 'passed',
    events: events({ 'build:started': 1, 'build:finished': 1, 'job:received': 4, 'job:started': 4, 'job:finished': 4 }),
  },
  {
    name: 'one fails, one has trouble to boot',
    jobs: [job(FAILING, 'failed'), job(BOOT_TROUBLE, 'passed'), job(NORMAL, 'passed')],
    end: 'failed',
    events: events({
      'build:started': 1,
      'build:restarted': 1,
      'build:finished': 1,
      'job:received': 4,
      'job:restarted': 1,
      'job:started': 3,
      'job:finished': 3,
    }),
  },
  {
    name: 'one is canceled',
    jobs: [job(NORMAL, 'passed'), job(CANCELED, 'canceled'), job(NORMAL, 'passed')],
    end: 'canceled',
    events: events({
      'build:started': 1,
      'build:finished': 1,
      'job:received': 3,
      'job:started': 3,
      'job:canceled': 1,
      'job:finished': 2,
    }),
  },
  {
    name: 'a failed job is restarted and passes',
    jobs: [job(RESTARTED, 'passed'), job(NORMAL, 'passed')],
    end: 'passed',
    events: events({
      'build:started': 2,
      'build:restarted': 1,
      'build:finished': 2,
      'job:received': 3,
      'job:restarted': 1,
      'job:started': 3,
      'job:finished': 3,
    }),
  },
  {
    name: 'stages, both pass',
    jobs: [job(NORMAL, 'passed', 0), job(NORMAL, 'passed', 0), job(LATER, 'passed', 1)],
    end: 'passed',
    events: events({ 'build:started': 1, 'build:finished': 1, 'job:received': 3, 'job:started': 3, 'job:finished': 3 }),
  },
  {
    name: 'stages, the first fails and the second never runs',
    jobs: [job(NORMAL, 'passed', 0), job(FAILING, 'failed', 0), job({}, 'canceled', 1), job({}, 'canceled', 1)],
    end: 'failed',
    events: events({ 'build:started': 1, 'build:finished': 1, 'job:received': 2, 'job:started': 2, 'job:finished': 4 }),
  },
];

/** One message as its sender would publish it. */
export interface StoryMessage {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The message of a job in a round, if it says something then. Each life of a job on a worker has a uuid of its own. */
export function messageOf(story: JobStory, id: number, round: number): StoryMessage | undefined {
  const step = story.steps[round];
  if (step === undefined) return undefined;
  if (step === 'cancel' || step === 'restart')
    return { type: `job:${step}`, body: { id: String(id), user_id: 1, source: 'api' } };
  const before = Object.entries(story.steps).filter(([at]) => Number(at) < round);
  const life = before.filter(([, s]) => s === 'reset' || s === 'restart').length;
  const births = before.filter(([, s]) => s === 'receive').length;
  const first = step === 'receive';
  const meta = { uuid: `${id}-${life}`, state_update_count: first ? 0 : before.length + births };
  const at = new Date(Date.UTC(2026, 0, 1, 0, round)).toISOString().replace('.000', '');
  switch (step) {
    case 'receive':
      return { type: 'job:test:receive', body: { id, state: 'received', received_at: at, meta } };
    case 'reset':
      return { type: 'job:test:reset', body: { id, state: 'reset', meta } };
    case 'start':
      return { type: 'job:test:start', body: { id, state: 'started', started_at: at, meta } };
    default:
      return { type: 'job:test:finish', body: { id, state: step, finished_at: at, meta } };
  }
}
