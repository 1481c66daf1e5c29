import { Injectable } from '@nestjs/common';
import { isFinished, type Result } from '../contracts/states';
import { EventBus, InTransaction, type CommandContext, type JobEvent } from '../events';
import type { BuildRecord, JobRecord, StageRecord } from '../unit-of-work';
import * as machine from './domain/build-machine';
import { cancelStage, finishStage, restartStage, startStage } from './domain/stage-machine';
import { RepositoryColumns } from './repository-columns';

/**
 * Works out what a change of a job means for its stage and build, in the same transaction (D3, states.md §3–§4).
 *
 * A job reaches its build through its stage; when the stage does not move, the build does not hear of it.
 */
@Injectable()
export class RollUpSubscriber {
  constructor(
    private readonly bus: EventBus,
    private readonly repository: RepositoryColumns,
  ) {}

  @InTransaction('job:created')
  onCreated({ context, job, byCascade }: JobEvent): void {
    if (byCascade) return;
    if (context.buildAnnounced) return;
    context.buildAnnounced = true;
    this.bus.publish('build:created', { context, build: context.uow.buildOf(job) });
  }

  @InTransaction('job:started')
  onStarted({ context, job, byCascade }: JobEvent): void {
    if (byCascade) return;
    const { uow } = context;
    const stage = uow.stageOf(job);
    if (stage && !startStage(stage, reported(context), uow.now)) return;
    this.startBuild(context, uow.buildOf(job));
  }

  @InTransaction('job:finished')
  onFinished({ context, job, byCascade }: JobEvent): void {
    if (byCascade) return;
    const { uow } = context;
    const build = uow.buildOf(job);
    const result = job.state as Result;
    const stage = uow.stageOf(job);
    if (stage) {
      const jobs = stageJobs(context, stage);
      if (!finishStage(stage, jobs, build.config.fastFinish, result, reported(context, job))) return;
      if (stage.state !== 'passed') this.cancelRest(context, build, stage);
    }
    this.finishBuild(context, build, result, job);
  }

  @InTransaction('job:canceled')
  onCanceled({ context, job, byCascade }: JobEvent): void {
    if (byCascade) return;
    const { uow } = context;
    const build = uow.buildOf(job);
    const stage = uow.stageOf(job);
    if (stage && !cancelStage(stage, stageJobs(context, stage), build.config.fastFinish, uow.now)) return;
    this.cancelBuild(context, build);
  }

  @InTransaction('job:restarted')
  onRestarted({ context, job, byCascade }: JobEvent): void {
    if (byCascade) return;
    const { uow, command } = context;
    const stage = uow.stageOf(job);
    if (stage) restartStage(stage);
    this.restartBuild(context, uow.buildOf(job), command.name === 'restart');
  }

  /** The same result again: a stage and build that ended with it may still lack times (spec 187–189). */
  @InTransaction('job:repeated')
  onRepeated({ context, job }: JobEvent): void {
    const { uow, command } = context;
    const { startedAt = null, finishedAt = null } = command.data;
    for (const row of [uow.stageOf(job), uow.buildOf(job)]) {
      if (row?.state !== job.state) continue;
      row.startedAt ??= startedAt;
      row.finishedAt ??= finishedAt;
    }
  }

  startBuild(context: CommandContext, build: BuildRecord): void {
    if (!machine.startBuild(build, reported(context), context.uow.now)) return;
    this.repository.onStart(context, build);
    this.bus.publish('build:started', { context, build });
  }

  finishBuild(context: CommandContext, build: BuildRecord, result: Result, job?: JobRecord): void {
    const { uow, command } = context;
    const times = reported(context, job ?? { finishedAt: command.sentAt ?? uow.now });
    if (!machine.finishBuild(build, uow.jobsOf(build.id), this.stageResult(context, build), result, times, uow.now))
      return;
    this.repository.onEnd(context, build);
    this.bus.publish('build:finished', { context, build });
  }

  /** The result of the first stage that did not pass, which decides; a stage that is still open (fast_finish) or empty has none. */
  stageResult({ uow }: CommandContext, build: BuildRecord): Result | undefined {
    return uow
      .stagesOf(build.id)
      .map(({ state }) => state)
      .filter(isFinished)
      .find((state) => state !== 'passed');
  }

  cancelBuild(context: CommandContext, build: BuildRecord): void {
    if (!machine.cancelBuild(build, context.uow.jobsOf(build.id), context.uow.now)) return;
    this.repository.onEnd(context, build);
    this.bus.publish('build:canceled', { context, build });
  }

  restartBuild(context: CommandContext, build: BuildRecord, restart: boolean): void {
    const before = build.state;
    if (!machine.restartBuild(build, restart ? context.uow.now : null)) return;
    if (isFinished(before)) build.restartedFrom = before;
    this.repository.onRestart(context, build);
    if (context.buildAnnounced) return;
    // Only a command for the whole build comes back here for each job; a job's own command has one to restart.
    context.buildAnnounced = true;
    this.bus.publish('build:restarted', { context, build });
  }

  /** A stage that did not pass ends everything outside it that is still open, earlier stages too (states.md §3.1). */
  cancelRest(context: CommandContext, build: BuildRecord, stage: StageRecord): void {
    const { uow } = context;
    const pending = uow.jobsOf(build.id).filter((job) => job.stageId !== stage.id && !isFinished(job.state));
    if (pending.length === 0) return;
    const stages = new Set(pending.map((job) => uow.stageOf(job)));
    for (const other of stages) {
      if (!other) continue;
      other.state = 'canceled';
      other.finishedAt = uow.now;
    }
    this.bus.signal('stage:failed', { context, stage, pending });
  }
}

function stageJobs({ uow }: CommandContext, stage: StageRecord): readonly JobRecord[] {
  return uow.jobsOf(stage.buildId).filter((job) => job.stageId === stage.id);
}

/**
 * The times that a message hands on to stage and build. A finish always has an end, be it the one its job was given.
 */
function reported({ command }: CommandContext, job?: Pick<JobRecord, 'finishedAt'>): machine.ReportedTimes {
  const { receivedAt, startedAt, finishedAt } = command.data;
  return { receivedAt, startedAt, finishedAt: finishedAt ?? job?.finishedAt };
}
