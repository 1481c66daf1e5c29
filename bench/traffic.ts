import { Random } from './random';

/**
 * Traffic as a fleet of workers makes it: builds of 1 to 6 jobs, a third of them in stages, many builds at a time whose
 * messages mix, each job's in order, and a stage only after the one before it passed. The same seed makes the same.
 */

/** What is said of a job: by its worker, or (`cancel`) by the API because a person asked for it. */
export type Step = 'receive' | 'start' | 'reset' | 'cancel' | 'passed' | 'failed' | 'errored' | 'cancelled';

export interface TrafficJob {
  /** Index into the build's stages; null in a build without. */
  readonly stage: number | null;
  /** Empty for a job that never runs because a stage before it failed. */
  readonly steps: readonly Step[];
}

export interface TrafficBuild {
  readonly jobs: readonly TrafficJob[];
  readonly stages: number;
}

/** One message: which step of which job. */
export interface TrafficMessage {
  readonly build: number;
  readonly job: number;
  readonly step: number;
}

export interface Traffic {
  readonly builds: readonly TrafficBuild[];
  readonly messages: readonly TrafficMessage[];
}

export interface TrafficOptions {
  /** How many messages at least; builds are complete, so there are a few more. */
  readonly messages: number;
  readonly seed: number;
  /** How many builds run at a time. */
  readonly active?: number;
  /** The first build has this many jobs instead; its messages are spread over all of the traffic. */
  readonly giantJobs?: number;
  /**
   * What comes out must not depend on how messages of different jobs overtake each other, as they do between replicas.
   * Then only first stages fail: a real scheduler queues a stage after the one before it was committed as passed, which
   * traffic this dense cannot wait for, and a stage that fails cancels whatever is still open.
   */
  readonly anyOrder?: boolean;
}

const MOST_JOBS = 6;
const ACTIVE = 200;
/** Of the builds with more than one job, so that it is a third of all. */
const STAGED_PERCENT = 40;
const FAILED_PERCENT = 4;
const ERRORED_PERCENT = 1;
const RESET_PERCENT = 1;
const CANCELED_PERCENT = 1;

/** Plans builds and the order of their messages. */
export function planTraffic(options: TrafficOptions): Traffic {
  const { messages, seed, active = ACTIVE, giantJobs, anyOrder = false } = options;
  const random = new Random(seed);
  const builds: TrafficBuild[] = [];
  let planned = 0;
  const add = (build: TrafficBuild) => {
    builds.push(build);
    planned += lengthOf(build);
  };
  if (giantJobs !== undefined) {
    add({ stages: 0, jobs: Array.from({ length: giantJobs }, () => ({ stage: null, steps: scriptOf(random, true) })) });
  }
  while (planned < messages) add(planBuild(random, anyOrder));
  const giantShare = giantJobs === undefined ? 0 : lengthOf(builds[0]) / planned;
  return { builds, messages: interleave(random, builds, active, giantShare) };
}

function lengthOf(build: TrafficBuild | undefined): number {
  return build?.jobs.reduce((sum, job) => sum + job.steps.length, 0) ?? 0;
}

function planBuild(random: Random, anyOrder: boolean): TrafficBuild {
  const count = 1 + random.whole(MOST_JOBS);
  if (count === 1 || !random.happens(STAGED_PERCENT)) {
    return { stages: 0, jobs: Array.from({ length: count }, () => ({ stage: null, steps: scriptOf(random, true) })) };
  }
  const stages = count > 3 && random.happens(50) ? 3 : 2;
  const stageOf = Array.from({ length: count }, (_, i) => Math.floor((i * stages) / count));
  const jobs: TrafficJob[] = [];
  let failed = false;
  for (let stage = 0; stage < stages; stage++) {
    const size = stageOf.filter((of) => of === stage).length;
    // A stage that a person canceled in leaves the later ones to the scheduler: such builds would not end by themselves.
    const mayBeCanceled = stage === stages - 1;
    const mayFail = stage === 0 || !anyOrder;
    const scripts = Array.from({ length: size }, () => (failed ? [] : scriptOf(random, mayBeCanceled, mayFail)));
    jobs.push(...scripts.map((steps) => ({ stage, steps })));
    failed ||= scripts.some((steps) => steps.at(-1) !== 'passed');
  }
  return { stages, jobs };
}

function scriptOf(random: Random, mayBeCanceled: boolean, mayFail = true): readonly Step[] {
  if (random.happens(RESET_PERCENT)) return ['receive', 'reset', 'receive', 'start', 'passed'];
  if (!mayFail) return ['receive', 'start', 'passed'];
  if (random.happens(CANCELED_PERCENT) && mayBeCanceled) return ['receive', 'start', 'cancel', 'cancelled'];
  if (random.happens(FAILED_PERCENT)) return ['receive', 'start', 'failed'];
  return ['receive', 'start', random.happens(ERRORED_PERCENT) ? 'errored' : 'passed'];
}

/** A build that runs: how far each job has come, and which stage's turn it is. */
class RunningBuild {
  private readonly done: number[];
  private stage = 0;
  private open: number[];

  constructor(
    readonly index: number,
    private readonly build: TrafficBuild,
  ) {
    this.done = build.jobs.map(() => 0);
    this.open = this.jobsToRun();
  }

  get over(): boolean {
    return this.open.length === 0;
  }

  /** Lets one of the jobs that run say its next thing. */
  next(random: Random): TrafficMessage {
    const at = random.whole(this.open.length);
    const job = this.open[at] ?? 0;
    const step = this.done[job] ?? 0;
    this.done[job] = step + 1;
    if (step + 1 === this.build.jobs[job]?.steps.length) this.open.splice(at, 1);
    while (this.over && ++this.stage < this.build.stages) this.open = this.jobsToRun();
    return { build: this.index, job, step };
  }

  private jobsToRun(): number[] {
    return this.build.jobs.flatMap(({ stage, steps }, i) =>
      steps.length > 0 && (stage === null || stage === this.stage) ? [i] : [],
    );
  }
}

function interleave(
  random: Random,
  builds: readonly TrafficBuild[],
  active: number,
  giantShare: number,
): TrafficMessage[] {
  const messages: TrafficMessage[] = [];
  const running: RunningBuild[] = [];
  let begun = 0;
  for (;;) {
    for (; running.length < active && begun < builds.length; begun++) {
      const build = builds[begun];
      if (build) running.push(new RunningBuild(begun, build));
    }
    if (running.length === 0) return messages;
    // A giant is the first to run, and stays at its place until it is over.
    const giant = giantShare > 0 && running[0]?.index === 0;
    const at = giant && random.next() < giantShare ? 0 : random.whole(running.length);
    const build = running[at];
    if (!build) continue;
    messages.push(build.next(random));
    if (build.over) running.splice(at, 1);
  }
}
