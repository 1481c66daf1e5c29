import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { isFinished } from '../contracts/states';
import { buildRequest } from './build-request';
import { judge, type Judgement } from './check';
import { planBuilds, type PlannedBuild } from './domain/plan';
import type { Fleet, WorkPlace } from './fleet';
import { fleetOf } from './fleet-of';
import { HubApi, type BuildView } from './hub-api';
import { Ledger, type Counter, type SimJob } from './ledger';
import type { SimulationOptions } from './options';
import { People } from './people';
import { Progress } from './progress';
import { Scheduler } from './scheduler';
import { WaitingJobs } from './waiting-jobs';

/** What came out of a simulation. */
export interface SimulationResult extends Judgement {
  readonly counts: Readonly<Record<Counter, number>>;
  /** From the first build to the last report. */
  readonly seconds: number;
}

/** How far it has come, for whoever watches. */
export interface Standing {
  readonly over: number;
  readonly counts: Readonly<Record<Counter, number>>;
}

/** More builds are under way only when their jobs do not keep all workers busy. */
const MOST_BUILDS_PER_WORKER = 3;
const LOOK_EVERY_MS = 20;
/** Between two looks at everything that have to be the same before it counts as settled. */
const SETTLE_MS = 500;
/** After so long without a word about a job that runs over HTTP, a person restarts it. */
const LEFT_MS = 3_000;

/** A fleet of workers, a scheduler and people around a Hub that runs elsewhere; in the end everything is checked. */
export class Simulation {
  readonly ledger = new Ledger();
  private readonly api: HubApi;
  private readonly fleet: Fleet;
  private readonly scheduler: Scheduler;
  private readonly progress = new Progress();
  private readonly waiting = new WaitingJobs();
  /** Ends workers and scheduler, when all is over or nothing moves any more. */
  private readonly over = new AbortController();
  private readonly plan: readonly PlannedBuild[];
  private readonly active = new Set<Promise<void>>();

  constructor(
    private readonly options: SimulationOptions,
    private readonly stop: AbortSignal,
  ) {
    this.plan = planBuilds(options);
    const signal = AbortSignal.any([stop, this.over.signal]);
    // Each worker waits for both.
    setMaxListeners(0, stop, signal);
    const { ledger, progress, waiting } = this;
    this.api = new HubApi({ url: options.hubUrl, credentials: options.credentials, signal: stop });
    const people = new People(this.api, ledger, progress);
    const place: WorkPlace = { seed: options.seed, ledger, people, progress, waiting, signal };
    this.fleet = fleetOf(options, place);
    const restartAfterMs = options.mode === 'http' ? LEFT_MS : null;
    this.scheduler = new Scheduler({ ...place, api: this.api, restartAfterMs });
  }

  get standing(): Standing {
    const { builds, counts } = this.ledger;
    const isOver = ({ open, seen }: SimJob) => open === 0 && isFinished(seen);
    return { over: builds.reduce((sum, { jobs }) => sum + jobs.filter(isOver).length, 0), counts };
  }

  /**
   * Plays everything and checks it.
   * @throws SimulationError when it cannot go on; the stop signal's reason when it is stopped
   */
  async run(): Promise<SimulationResult> {
    const began = performance.now();
    const workers: Promise<void>[] = [];
    try {
      await this.api.check();
      await this.fleet.start();
      for (let i = 0; i < this.options.workers; i++) workers.push(this.fleet.work(i));
      const work = Promise.all(workers);
      work.catch(() => undefined);
      await Promise.race([this.play(), this.standstill(), this.progress.failed, work]);
      const seconds = (performance.now() - began) / 1_000;
      const planned = { jobs: this.options.jobs, builds: this.plan.length };
      const judgement = judge(this.ledger.builds, await this.settled(), planned);
      return { ...judgement, counts: this.ledger.counts, seconds };
    } finally {
      this.over.abort(new Error('The simulation is over.'));
      await Promise.allSettled([...workers, ...this.active]);
      await this.fleet.close();
      await this.api.close();
    }
  }

  /** Creates builds as fast as workers take their jobs, and sees all of them through. */
  private async play(): Promise<void> {
    const { seed, workers } = this.options;
    // Of the run, not of the seed: the same seed again makes new builds.
    const key = `simulate-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
    for (const plan of this.plan) {
      while (this.waiting.length >= workers || this.active.size >= workers * MOST_BUILDS_PER_WORKER) {
        await delay(LOOK_EVERY_MS, undefined, { signal: this.stop });
      }
      const { id, jobs } = await this.api.createBuild(buildRequest(plan, seed), `${key}-${plan.index}`);
      const build = this.ledger.add(
        plan,
        id,
        jobs.map((job) => job.id),
      );
      this.progress.moved();
      const followed = this.scheduler
        .follow(build)
        .catch((error: unknown) => this.progress.fail(error))
        .finally(() => this.active.delete(followed));
      this.active.add(followed);
    }
    await Promise.all(this.active);
  }

  /** Resolves when nothing has moved for so long that nothing will. */
  private async standstill(): Promise<void> {
    while (this.progress.stillMs < this.options.patienceSeconds * 1_000) {
      await delay(LOOK_EVERY_MS * 5, undefined, { signal: AbortSignal.any([this.stop, this.over.signal]) });
    }
  }

  /** All builds as they are when nothing changes any more: what was sent late might still change what is right now. */
  private async settled(): Promise<BuildView[]> {
    const deadline = performance.now() + this.options.patienceSeconds * 1_000;
    let before: BuildView[] | null = null;
    for (;;) {
      const drained = await this.fleet.isDrained();
      const views = await Promise.all(this.ledger.builds.map(({ id }) => this.api.build(id)));
      if ((drained && isDeepStrictEqual(views, before)) || performance.now() > deadline) return views;
      before = drained ? views : null;
      await delay(SETTLE_MS, undefined, { signal: this.stop });
    }
  }
}
