import { Injectable } from '@nestjs/common';
import type { Outcome, ReconcileCommand } from '../contracts/command';
import type { EventName } from '../contracts/event';
import { isFinished, type BuildState } from '../contracts/states';
import { EventBus, type CommandContext } from '../events';
import type { BuildRecord, JobRecord, StageRecord } from '../unit-of-work';
import { alignStage, hasBegun, misalignment, span } from './domain/alignment';
import { startBuild, type ReportedTimes } from './domain/build-machine';
import { matrixDuration, matrixResult } from './domain/matrix';
import { RepositoryColumns } from './repository-columns';
import { RollUpSubscriber } from './roll-up.subscriber';

/** What tells people of a build in a state that nobody told of. */
const TELLS: Readonly<Record<BuildState, EventName & `build:${string}`>> = {
  created: 'build:restarted',
  started: 'build:started',
  passed: 'build:finished',
  failed: 'build:finished',
  errored: 'build:finished',
  canceled: 'build:canceled',
};

/**
 * Mends a build whose rows do not agree, because somebody else has written or lost some of them.
 *
 * The jobs are what workers report, so they hold; stages, build and repository follow from them, as they would have when
 * the jobs changed, and whoever was not told is. A build that agrees with its jobs is left as it is.
 */
@Injectable()
export class Reconciliation {
  constructor(
    private readonly bus: EventBus,
    private readonly rollUp: RollUpSubscriber,
    private readonly repository: RepositoryColumns,
  ) {}

  /** Brings the build in line, unless something has happened to it since it was looked at. */
  apply(context: CommandContext, command: ReconcileCommand, build: BuildRecord): Outcome {
    const { uow } = context;
    if (build.lastSeq !== command.seenSeq) return { kind: 'ignored', reason: 'changed_meanwhile' };
    const jobs = uow.jobsOf(build.id);
    const named = (ids: readonly number[]) => jobs.filter(({ id }) => ids.includes(id));
    const untold = named(command.untoldJobs);
    this.bus.signal('build:reconciled', { context, build, untold, unqueueable: named(command.unqueueable) });
    for (const stage of uow.stagesOf(build.id)) this.alignStage(context, build, stage);
    const told = this.alignBuild(context, build, jobs);
    this.fillEnds(context, build, jobs);
    this.repository.onEnd(context, build);
    if (command.untoldBuild && !told) this.bus.publish(TELLS[build.state], { context, build });
    return { kind: 'changed' };
  }

  private alignStage(context: CommandContext, build: BuildRecord, stage: StageRecord): void {
    const { uow } = context;
    const jobs = uow.jobsOf(build.id).filter(({ stageId }) => stageId === stage.id);
    if (!alignStage(stage, jobs, build.config.fastFinish, uow.now)) return;
    // A stage whose jobs were canceled one by one leaves the others alone (states.md §3.1).
    if (stage.state === 'failed' || stage.state === 'errored') this.rollUp.cancelRest(context, build, stage);
  }

  /** @returns whether people are told of the build by it */
  private alignBuild(context: CommandContext, build: BuildRecord, jobs: readonly JobRecord[]): boolean {
    const before = context.uow.events.length;
    switch (misalignment(build.state, jobs, build.config.fastFinish)) {
      case 'ended': {
        const result = this.rollUp.stageResult(context, build) ?? matrixResult(jobs);
        if (result === 'canceled') this.rollUp.cancelBuild(context, build);
        else this.rollUp.finishBuild(reporting(context, jobs), build, result);
        break;
      }
      case 'open':
        this.rollUp.restartBuild(context, build, false);
        // Not by the roll-up: a start would make it the repository's last build, which may be a newer one.
        if (hasBegun(jobs) && startBuild(build, begun(jobs, context.uow.now), context.uow.now)) {
          this.bus.publish('build:started', { context, build });
        }
        break;
      case null:
    }
    return context.uow.events.length > before;
  }

  private fillEnds({ uow }: CommandContext, build: BuildRecord, jobs: readonly JobRecord[]): void {
    for (const stage of uow.stagesOf(build.id)) {
      const own = jobs.filter(({ stageId }) => stageId === stage.id);
      if (isFinished(stage.state)) stage.finishedAt ??= span(own, uow.now).finishedAt ?? null;
    }
    if (!isFinished(build.state)) return;
    build.finishedAt ??= span(jobs, uow.now).finishedAt ?? null;
    build.duration ??= matrixDuration(jobs, build.config.fastFinish);
  }
}

/** The times of jobs of which some still run. */
function begun(jobs: readonly JobRecord[], now: Date): ReportedTimes {
  return { ...span(jobs, now), finishedAt: undefined };
}

/** As if the jobs reported their times only now. */
function reporting(context: CommandContext, jobs: readonly JobRecord[]): CommandContext {
  const { startedAt, finishedAt } = span(jobs, context.uow.now);
  const data = { ...(startedAt && { startedAt }), ...(finishedAt && { finishedAt }) };
  return { ...context, command: { ...context.command, data } };
}
