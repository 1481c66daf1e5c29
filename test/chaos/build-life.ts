import type { Database } from './database';
import type { JobEvidence } from './domain/evidence';
import { legalHistories } from './domain/job-model';
import { Random } from './domain/random';
import type { PlannedBuild } from './domain/traffic';
import { insertBuild } from './rows';
import { Worker } from './worker';
import type { World } from './world';

/** One build from the insertion of its rows to the last word about its jobs. */
export class BuildLife {
  over = false;
  private readonly workers: readonly Worker[];
  private readonly played = new Set<Worker>();

  constructor(
    readonly plan: PlannedBuild,
    seed: number,
    world: World,
    private readonly database: Database,
    readonly hookUrls: readonly string[],
  ) {
    this.workers = plan.jobs.map(({ id, story }) => new Worker(id, story, world, new Random(seed, 2, id)));
  }

  async live(): Promise<void> {
    // What is said before the row is there begins at once; everything else waits for the row.
    const early = this.firstStage().filter(({ story }) => story.early);
    const ahead = early.map((worker) => this.play(worker));
    await insertBuild(this.database, this.plan, this.hookUrls);
    const rest = this.firstStage().filter((worker) => !early.includes(worker));
    const held = await Promise.all([...ahead, ...rest.map((worker) => this.play(worker))]);
    const second = this.workers.filter((worker) => !this.played.has(worker));
    if (second.length > 0 && (await this.firstStagePassed())) {
      await Promise.all(second.map((worker) => this.play(worker)));
    }
    await Promise.all(held.map((goOn) => goOn()));
    this.over = true;
  }

  /** What the model makes of all that was said. */
  jobs(states: ReadonlyMap<number, string>): JobEvidence[] {
    return this.workers.map((worker, i) => ({
      id: worker.jobId,
      state: states.get(worker.jobId) ?? 'gone',
      stage: this.plan.jobs[i]?.stage ?? null,
      allowFailure: this.plan.jobs[i]?.allowFailure ?? false,
      legal: legalHistories(worker.said),
      untouched: worker.said.length === 0,
    }));
  }

  /** The part of a story that waits for the end of the build is played later. */
  private async play(worker: Worker): Promise<() => Promise<unknown>> {
    this.played.add(worker);
    const next = await worker.play();
    return () => worker.play(next);
  }

  private firstStage(): Worker[] {
    return this.workers.filter((_, i) => (this.plan.jobs[i]?.stage ?? 0) === 0);
  }

  private async firstStagePassed(): Promise<boolean> {
    const required = this.plan.jobs.filter(({ stage, allowFailure }) => stage === 0 && !allowFailure);
    const rows = await this.database.query<{ state: string }>(
      'SELECT state FROM public.jobs WHERE id = ANY ($1::bigint[])',
      [required.map(({ id }) => id)],
    );
    return rows.every(({ state }) => state === 'passed');
  }
}
