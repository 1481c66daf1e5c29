import { commandType } from '../contracts/command';
import { isoText } from '../database/time';
import type {
  BuildSnapshot,
  Cause,
  DeployEventName,
  EventName,
  EventSnapshot,
  JobSnapshot,
  RepositorySnapshot,
  StageSnapshot,
} from '../contracts/event';
import type { BuildRecord, JobRecord, RepositoryRecord, StageRecord } from '../unit-of-work';
import type { BuildEvent, CommandContext, JobEvent } from './in-transaction';

/** Appends an event to the unit of work, with the mutable part of everything it is about as it is now (D9). */
export function record(name: EventName | DeployEventName, event: JobEvent | BuildEvent): void {
  const { context } = event;
  const { uow } = context;
  const job = 'job' in event ? event.job : null;
  const build = 'job' in event ? uow.buildOf(event.job) : event.build;
  build.lastSeq += 1;
  const snapshot = 'job' in event ? jobEventSnapshot(event, build) : buildEventSnapshot(context, build);
  uow.events.push({ name, build, job, seq: build.lastSeq, snapshot });
}

function jobEventSnapshot({ context, job, byCascade }: JobEvent, build: BuildRecord): EventSnapshot {
  const stage = context.uow.stageOf(job);
  return {
    build: buildSnapshot(build),
    cause: { ...causeOf(context), ...(context.command.trace && !byCascade && { trace: true as const }) },
    job: jobSnapshot(job),
    ...(context.command.name === 'deploy' && { deploy: context.command.deploy }),
    ...(stage && { stage: stageSnapshot(stage) }),
  };
}

function buildEventSnapshot(context: CommandContext, build: BuildRecord): EventSnapshot {
  const { uow } = context;
  const repository = build.repositoryId === null ? undefined : uow.repositories.get(build.repositoryId);
  return {
    build: buildSnapshot(build),
    cause: causeOf(context),
    jobs: uow.jobsOf(build.id).map(jobSnapshot),
    stages: uow.stagesOf(build.id).map(stageSnapshot),
    ...(repository && { repository: repositorySnapshot(repository) }),
  };
}

function causeOf({ command }: CommandContext): Cause {
  return {
    command: commandType(command),
    ...(command.reason !== undefined && { reason: command.reason }),
    ...(command.autoCancel && { auto: true as const }),
    ...(command.untouchedSince && { stale: true as const }),
    ...(command.data.vmSize !== undefined && { vm_size: command.data.vmSize }),
  };
}

function jobSnapshot(job: JobRecord): JobSnapshot {
  return {
    id: job.id,
    number: job.number,
    state: job.state,
    stage_id: job.stageId,
    allow_failure: job.allowFailure,
    queue: job.queue,
    vm_size: job.vmSize,
    queued_at: iso(job.queuedAt),
    received_at: iso(job.receivedAt),
    started_at: iso(job.startedAt),
    finished_at: iso(job.finishedAt),
    canceled_at: iso(job.canceledAt),
    restarted_at: iso(job.restartedAt),
  };
}

function stageSnapshot(stage: StageRecord): StageSnapshot {
  return {
    id: stage.id,
    number: stage.number,
    name: stage.name,
    state: stage.state,
    started_at: iso(stage.startedAt),
    finished_at: iso(stage.finishedAt),
  };
}

function buildSnapshot(build: BuildRecord): BuildSnapshot {
  return {
    id: build.id,
    number: build.number,
    state: build.state,
    // After a restart a build is compared with what it was before (ruling).
    previous_state: build.restartedFrom ?? build.previousState,
    duration: build.duration,
    started_at: iso(build.startedAt),
    finished_at: iso(build.finishedAt),
    canceled_at: iso(build.canceledAt),
    restarted_at: iso(build.restartedAt),
  };
}

function repositorySnapshot(repository: RepositoryRecord): RepositorySnapshot {
  return {
    id: repository.id,
    last_build_id: repository.lastBuildId,
    last_build_number: repository.lastBuildNumber,
    last_build_state: repository.lastBuildState,
    last_build_duration: repository.lastBuildDuration,
    last_build_started_at: iso(repository.lastBuildStartedAt),
    last_build_finished_at: iso(repository.lastBuildFinishedAt),
    current_build_id: repository.currentBuildId,
  };
}

function iso(time: Date | null): string | null {
  return time === null ? null : isoText(time);
}
