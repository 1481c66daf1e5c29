import type { JobState } from '../contracts/states';
import type { Act, Called, Said } from './domain/model';
import type { PlannedBuild, PlannedJob } from './domain/plan';
import type { Step } from './domain/script';

/** A job of the simulation: where it stands in the world outside of Hub, and all that was said to Hub about it. */
export interface SimJob {
  readonly id: number;
  readonly plan: PlannedJob;
  readonly build: SimBuild;
  readonly acts: Act[];
  /** How many runs it has had. */
  runs: number;
  /** How many things are under way with it: it waits for a worker, runs, or something of it is still to be sent. */
  open: number;
  /** What is to happen as soon as the API says that it is over. */
  onceOver: (() => void) | null;
  /** The scheduler's call got no answer: when Hub says that the job is queued, it was ours. */
  queueUnsure: boolean;
  /** Its state when the API was last asked, and since when nothing is known to have happened to it. */
  seen: JobState;
  seenAt: number;
  /** What a dead run still has to say as soon as the next one has begun. */
  ghost: (() => void) | null;
  /** How often a person has restarted it because nobody said anything about it any more. */
  leftRestarts: number;
  /** Aborted when the Job Board has it no more. */
  claim: AbortController;
  /** A person canceled it while it ran, and a worker that listens has to be told. */
  told: 'not asked' | 'asked' | 'told';
}

export interface SimBuild {
  readonly id: number;
  readonly plan: PlannedBuild;
  readonly jobs: SimJob[];
  /** The person's act is still to come. */
  personIsDue: boolean;
}

/** What is counted besides; the names are those of the printed table. */
export const COUNTERS = [
  'messages',
  'repeated',
  'swapped',
  'delayed',
  'lost',
  'from_old_runs',
  'broken_requests',
  'died',
  'redelivered',
  'connections_lost',
  'resets',
  'cancels',
  'told_to_stop',
  'restarts',
  'answers_409',
] as const;
export type Counter = (typeof COUNTERS)[number];

/** Remembers everything that was really said to Hub, for the model to judge by. */
export class Ledger {
  readonly builds: SimBuild[] = [];
  readonly counts = Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Record<Counter, number>;
  /** Requests that are neither answered nor broken off. */
  private readonly underWay = new Set<Act>();

  /** Takes a build in that Hub has made. @param jobIds in the order of the plan */
  add(plan: PlannedBuild, id: number, jobIds: readonly number[]): SimBuild {
    const build: SimBuild = { id, plan, jobs: [], personIsDue: plan.person !== null };
    plan.jobs.forEach((planned, i) => {
      build.jobs.push({
        id: jobIds[i] ?? 0,
        plan: planned,
        build,
        acts: [],
        runs: 0,
        open: 0,
        onceOver: null,
        queueUnsure: false,
        seen: 'created',
        seenAt: 0,
        ghost: null,
        leftRestarts: 0,
        claim: new AbortController(),
        told: 'not asked',
      });
    });
    this.builds.push(build);
    return build;
  }

  count(what: Counter, by = 1): void {
    this.counts[what] += by;
  }

  /** Notes a report at the moment at which it is sent; whether Hub can have heard it may be known only later. */
  said(job: SimJob, step: Step, run: number | null, count: number): Said {
    const act: Said = { kind: 'said', step, run, count, sure: false };
    job.acts.push(act);
    this.count('messages');
    return act;
  }

  /** Something is under way with the job; it is nobody else's business until {@link release}. */
  hold(job: SimJob): void {
    job.open += 1;
  }

  release(job: SimJob): void {
    job.open -= 1;
    job.seenAt = performance.now();
  }

  /** As {@link said}, for a request: {@link landed} has to follow. */
  requested(job: SimJob, step: Step, count: number): Said {
    const act = this.said(job, step, null, count);
    this.underWay.add(act);
    return act;
  }

  landed(act: Act): void {
    this.underWay.delete(act);
  }

  /** Notes that a cancel is on its way: Hub may carry it out before reports that are under way already. */
  calling(job: SimJob): void {
    const first = job.acts.findIndex((act) => this.underWay.has(act));
    job.acts.splice(first === -1 ? job.acts.length : first, 0, { kind: 'calling' });
  }

  called(job: SimJob, call: Called['call'], status: number | undefined): void {
    job.acts.push({ kind: 'called', call, status });
  }
}
