import { setTimeout as delay } from 'node:timers/promises';
import { isFinished } from '../contracts/states';
import type { BuildView, HubApi, JobView } from './hub-api';
import type { Ledger, SimBuild, SimJob } from './ledger';
import type { People } from './people';
import type { Progress } from './progress';
import type { WaitingJobs } from './waiting-jobs';

export interface SchedulerParts {
  readonly api: HubApi;
  readonly ledger: Ledger;
  readonly people: People;
  readonly waiting: WaitingJobs;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** How long a job may stand still that nobody works on before a person restarts it; null for for ever. */
  readonly restartAfterMs: number | null;
}

const SHORTEST_PAUSE_MS = 40;
const LONGEST_PAUSE_MS = 400;
/** When that does not help, it never will, and the job counts as stuck. */
const MOST_LEFT_RESTARTS = 3;

/**
 * The scheduler: looks at builds over the API, queues the jobs whose turn it is and cancels those whose turn will never
 * come. Jobs that a worker has in hand are none of its business.
 */
export class Scheduler {
  constructor(private readonly parts: SchedulerParts) {}

  /** Sees a build through to its end. @throws the signal's reason when the simulation is stopped first */
  async follow(build: SimBuild): Promise<void> {
    const { api, progress, signal } = this.parts;
    let pause = SHORTEST_PAUSE_MS;
    for (;;) {
      await delay(pause, undefined, { signal });
      const idle = build.jobs.filter(isIdle);
      if (idle.length === 0) continue;
      const view = await api.build(build.id);
      let changed = false;
      for (const job of idle) {
        const seen = view.jobs.find(({ id }) => id === job.id);
        if (seen === undefined) continue;
        if (seen.state !== job.seen) {
          changed = true;
          progress.moved();
          job.seen = seen.state;
          job.seenAt = performance.now();
        }
        await this.decide(job, seen, view);
      }
      if (isOver(build, view)) {
        if (!build.personIsDue || build.plan.person?.when !== 'over') return;
        await this.parts.people.restart(build);
        changed = true;
      }
      pause = changed ? SHORTEST_PAUSE_MS : Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    }
  }

  private async decide(job: SimJob, seen: JobView, view: BuildView): Promise<void> {
    if (isFinished(seen.state)) {
      const next = job.onceOver;
      job.onceOver = null;
      next?.();
    } else if (seen.state === 'created') {
      const before = stagesBefore(seen, view);
      if (before.every((state) => state === 'passed')) await this.queue(job);
      else if (before.some((state) => isFinished(state ?? '') && state !== 'passed')) await this.cancelRest(job);
    } else if (seen.state === 'queued' && job.queueUnsure) {
      this.handOut(job, seen.queued_at);
    } else {
      await this.restartIfLeft(job);
    }
  }

  private async queue(job: SimJob): Promise<void> {
    const { api, ledger } = this.parts;
    ledger.hold(job);
    try {
      const { status, body } = await api.queue(job.id);
      ledger.called(job, 'queue', status);
      job.queueUnsure = status === undefined;
      if (status === 200) this.handOut(job, body.queued_at ?? null);
    } finally {
      ledger.release(job);
    }
  }

  private handOut(job: SimJob, queuedAt: string | null): void {
    const { ledger, waiting, people, progress } = this.parts;
    ledger.hold(job);
    job.seen = 'queued';
    job.queueUnsure = false;
    job.claim = new AbortController();
    progress.moved();
    people.watch(job, 'waiting').catch((error: unknown) => progress.fail(error));
    waiting.offer({ job, queuedAt: queuedAt ?? new Date().toISOString() });
  }

  /** Its stage will never come: a stage before it did not pass, without having canceled the rest itself. */
  private async cancelRest(job: SimJob): Promise<void> {
    const { status } = await this.parts.api.command('jobs', job.id, 'cancel', 'A stage before it did not pass');
    this.parts.ledger.called(job, 'cancel_rest', status);
  }

  /** Over HTTP an end may be lost for good; then somebody looks at it some day. */
  private async restartIfLeft(job: SimJob): Promise<void> {
    const { restartAfterMs, people } = this.parts;
    if (restartAfterMs === null || performance.now() - job.seenAt < restartAfterMs) return;
    if (job.leftRestarts++ >= MOST_LEFT_RESTARTS) return;
    await people.restartJob(job);
  }
}

function isIdle(job: SimJob): boolean {
  return job.open === 0;
}

function stagesBefore({ stage_id: id }: JobView, { stages }: BuildView): (string | null)[] {
  const own = stages.find((stage) => stage.id === id);
  return own === undefined ? [] : stages.filter(({ number }) => number < own.number).map(({ state }) => state);
}

function isOver(build: SimBuild, view: BuildView): boolean {
  return (
    build.jobs.every((job) => isIdle(job) && job.onceOver === null && isFinished(job.seen)) &&
    view.jobs.every(({ state }) => isFinished(state)) &&
    isFinished(view.state ?? '')
  );
}
