import { Random } from './random';
import { dealTroubles, type Mode, type Trouble } from './troubles';

/**
 * What is going to happen: builds of 1 to 6 jobs, a third of them in stages, some with jobs that may fail, some with
 * fast_finish, and a person here and there who cancels or restarts. The same seed plans the same.
 */

export interface PlannedJob {
  /** From 0, over all builds. */
  readonly index: number;
  /** Index into the build's stages; null in a build without. */
  readonly stage: number | null;
  readonly allowFailure: boolean;
  /** What goes wrong around its first run. */
  readonly trouble: Trouble;
}

/** What a person does to a build or to one of its jobs over the API, once. */
export interface PersonAct {
  readonly act: 'cancel_job' | 'cancel_build' | 'restart_job' | 'restart_build';
  /** Index into the build's jobs: the one that is canceled or restarted, or whose start makes the person cancel. */
  readonly job: number;
  /** A cancel comes while the job waits for a worker or when it runs; a restart when the build is over. */
  readonly when: 'waiting' | 'running' | 'over';
}

export interface PlannedBuild {
  readonly index: number;
  readonly stages: number;
  readonly fastFinish: boolean;
  readonly jobs: readonly PlannedJob[];
  readonly person: PersonAct | null;
}

export interface PlanOptions {
  readonly jobs: number;
  readonly seed: number;
  readonly mode: Mode;
  readonly chaos: boolean;
}

const MOST_JOBS = 6;
/** Of the builds with more than one job, so that it is about a third of all. */
const STAGED_PERCENT = 40;
const FAST_FINISH_PERCENT = 15;
const ALLOW_FAILURE_PERCENT = 15;
const CANCEL_PERCENT = 8;
const RESTART_PERCENT = 10;

/** Plans builds with exactly as many jobs as asked for. */
export function planBuilds({ jobs, seed, mode, chaos }: PlanOptions): PlannedBuild[] {
  const random = new Random(seed, 1);
  const troubles = chaos ? dealTroubles(random, jobs, mode) : [];
  const builds: PlannedBuild[] = [];
  for (let planned = 0; planned < jobs;) {
    const count = Math.min(random.between(1, MOST_JOBS), jobs - planned);
    builds.push(planBuild(random, builds.length, planned, count, troubles));
    planned += count;
  }
  return builds;
}

function planBuild(
  random: Random,
  index: number,
  firstJob: number,
  count: number,
  troubles: readonly Trouble[],
): PlannedBuild {
  const staged = count > 1 && random.happens(STAGED_PERCENT);
  const stages = staged ? random.between(2, Math.min(3, count)) : 0;
  const person = planPerson(random, count, staged);
  const canceled = person?.act.startsWith('cancel') === true ? person.job : null;
  const jobs = Array.from({ length: count }, (_, job): PlannedJob => {
    const dealt = troubles[firstJob + job] ?? 'none';
    return {
      index: firstJob + job,
      stage: staged ? Math.floor((job * stages) / count) : null,
      allowFailure: job !== canceled && random.happens(ALLOW_FAILURE_PERCENT),
      // What a person cancels has to be there when they do.
      trouble: job === canceled && dealt !== 'none' ? 'deaf' : dealt,
    };
  });
  return { index, stages, fastFinish: random.happens(FAST_FINISH_PERCENT), jobs, person };
}

function planPerson(random: Random, count: number, staged: boolean): PersonAct | null {
  if (random.happens(CANCEL_PERCENT)) {
    // Later stages may never run, so that nobody would ever cancel there.
    const job = staged ? 0 : random.between(0, count - 1);
    const when = random.pick(['waiting', 'running']);
    return { act: random.pick(['cancel_job', 'cancel_build']), job, when };
  }
  if (!random.happens(RESTART_PERCENT)) return null;
  // One job of a build in stages cannot run again alone: what comes after it was canceled.
  const act = staged ? 'restart_build' : random.pick(['restart_job', 'restart_build']);
  return { act, job: random.between(0, count - 1), when: 'over' };
}
