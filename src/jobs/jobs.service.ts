import { Inject, Injectable } from '@nestjs/common';
import type { BuildCommanded, CommandContext, StageFailed } from '../events';
import { EventBus, InTransaction } from '../events';
import { CONFIG, type Config } from '../config';
import type { JobCommandName, Outcome } from '../contracts/command';
import { isFinished, type JobState, type Result } from '../contracts/states';
import type { JobRecord } from '../unit-of-work';
import { jobTransition, type Cell } from './domain/job-machine';
import { fillTimes } from './domain/timestamps';
import { JobResets } from './job-resets';
import { JobRuns } from './job-runs';
import { autoCancelLogPart, clearLog, replaceLog, RESETS_LIMITED_LOG, tellWorkerToStop } from './side-effects';

const CHANGED: Outcome = { kind: 'changed' };
const ignored = (reason: string): Outcome => ({ kind: 'ignored', reason });
const refused = (reason: string): Outcome => ({ kind: 'refused', reason });

/** Owns the state of jobs: applies commands to them and tells the bus what changed. */
@Injectable()
export class JobsService {
  constructor(
    private readonly bus: EventBus,
    private readonly runs: JobRuns,
    private readonly resets: JobResets,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Applies a command that names this job. */
  apply(context: CommandContext, job: JobRecord): Outcome {
    const { command, uow } = context;
    if (command.name === 'deploy') {
      this.bus.recordDeploy(command.event, { context, job, byCascade: false });
      return CHANGED;
    }
    const name = command.name as JobCommandName;
    if (command.untouchedSince && !uow.isUntouched(job, command.untouchedSince)) return ignored('touched');
    const order = this.runs.check(context, job);
    if (order.kind === 'stale') return ignored(order.reason);
    if (order.kind === 'stranger' && (name === 'finish' || name === 'reset')) {
      // The run that finished the job has the last word on it (ruling on B6).
      this.stopIfCanceled(context, job);
      return refused('another_run');
    }
    if (job.state === 'created' && uow.isQueueable(job.id) && (name === 'restart' || name === 'reset')) {
      return ignored('already_created');
    }
    return this.perform(context, job, name);
  }

  /** Carries a command for a whole build out on each of its jobs (states.md §6.2). */
  @InTransaction('build:commanded')
  performOnBuild({ context, build }: BuildCommanded): void {
    const { uow, command } = context;
    for (const job of uow.jobsOf(build.id)) {
      if (command.name === 'create') {
        this.create(context, job);
        continue;
      }
      if (command.name === 'cancel' && command.autoCancel && !isFinished(job.state)) {
        uow.sideEffects.push(autoCancelLogPart(job, command.autoCancel));
      }
      this.perform(context, job, command.name as JobCommandName);
    }
  }

  /** Cancels what a failed stage leaves behind (states.md §3.1, with fix B12). */
  @InTransaction('stage:failed')
  cancelPending({ context, pending }: StageFailed): void {
    const { now } = context.uow;
    for (const job of pending) {
      const onWorker = job.state === 'queued' || job.state === 'received' || job.state === 'started';
      job.state = 'canceled';
      job.finishedAt = now;
      job.canceledAt ??= now;
      context.uow.queueableChanges.set(job.id, 'delete');
      if (onWorker) tellWorkerToStop(context, job, 'Job Cancelled: a stage before it did not pass');
    }
    for (const job of pending) this.bus.publish('job:finished', { context, job, byCascade: true });
  }

  private perform(context: CommandContext, job: JobRecord, name: JobCommandName): Outcome {
    const cell = jobTransition(job.state, name);
    if (this.config.cancellationDisabled && cancels(name, cell)) return refused('cancellation_disabled');
    switch (cell) {
      case '-':
        return ignored(`job_is_${job.state}`);
      case 'stop':
        // A whole build that is canceled has told the workers of its open jobs; the others have nothing to stop.
        if (context.command.subject === 'job') tellWorkerToStop(context, job);
        return ignored(`job_is_${job.state}`);
      case 'again':
        return this.repeat(context, job, name);
      default:
        this.change(context, job, name, cell);
        return CHANGED;
    }
  }

  private change(
    context: CommandContext,
    job: JobRecord,
    name: JobCommandName,
    cell: Exclude<Cell, '-' | 'stop' | 'again'>,
  ): void {
    const { uow, command } = context;
    const { data } = command;
    const before = job.state;
    if (data.vmSize !== undefined) job.vmSize = data.vmSize;
    switch (cell) {
      case 'received':
        fillTimes(job, data, { receivedAt: uow.now });
        job.state = 'received';
        this.bus.publish('job:received', { context, job, byCascade: false });
        return;
      case 'started':
        fillTimes(job, data, { startedAt: uow.now });
        job.state = 'started';
        this.bus.publish('job:started', { context, job, byCascade: false });
        return;
      case 'result':
        this.finish(context, job, data.state);
        return;
      case 'canceled':
        fillTimes(job, data);
        job.state = 'canceled';
        job.canceledAt ??= uow.now;
        job.finishedAt = uow.now;
        uow.queueableChanges.set(job.id, 'delete');
        this.bus.publish('job:canceled', { context, job, byCascade: false });
        tellWorkerToStop(context, job);
        return;
      case 'created': {
        const limited = name === 'reset' && !isFinished(before) ? this.resets.whyLimited(uow, job) : null;
        if (limited !== null) {
          this.giveUp(context, job, limited);
          return;
        }
        fillTimes(job, data);
        this.requeue(context, job, before, name === 'restart');
        if (name === 'reset') this.resets.count(uow, job);
        return;
      }
    }
  }

  private finish(context: CommandContext, job: JobRecord, result: Result | undefined): void {
    const { uow, command } = context;
    if (result === undefined) throw new Error(`finish of job ${job.id} carries no result`);
    job.state = result;
    // v2.8.0 workers send no finished_at: the time of the message is the best there is (ruling).
    fillTimes(job, command.data, { finishedAt: command.sentAt ?? uow.now });
    if (result === 'canceled') job.canceledAt ??= uow.now;
    uow.queueableChanges.set(job.id, 'delete');
    this.bus.publish('job:finished', { context, job, byCascade: false });
    // Nothing was heard of a stale job, which does not mean that nobody works on it (fixes B25).
    if (result === 'canceled' || command.untouchedSince) tellWorkerToStop(context, job);
  }

  /** Ends a job that was reset too often; its log says what to do (states.md §6.3, with fixes B24 and B26). */
  private giveUp(context: CommandContext, job: JobRecord, reason: string): void {
    job.finishedAt = context.uow.now;
    // What the reset reports of the run that failed is not when the job ended.
    this.finish({ ...context, command: { ...context.command, data: {}, reason } }, job, 'errored');
    replaceLog(context, job, RESETS_LIMITED_LOG);
  }

  /** Puts a job back to the start, for a restart (by a person) or a reset (by a worker that could not boot it). */
  private requeue(context: CommandContext, job: JobRecord, before: JobState, restart: boolean): void {
    const { uow, command } = context;
    if (restart) {
      const { queuedAt, receivedAt, startedAt, finishedAt, restartedAt } = job;
      uow.versions.push({ jobId: job.id, state: before, queuedAt, receivedAt, startedAt, finishedAt, restartedAt });
      job.restartedAt = uow.now;
      if (command.data.restartedBy !== undefined) job.restartedBy = command.data.restartedBy;
    }
    job.state = 'created';
    job.queuedAt = job.receivedAt = job.startedAt = job.finishedAt = job.canceledAt = null;
    job.run += 1;
    clearLog(context, job);
    uow.queueableChanges.set(job.id, 'insert');
    this.bus.publish('job:restarted', { context, job, byCascade: false });
  }

  private create(context: CommandContext, job: JobRecord): void {
    if (job.state !== 'created') return;
    context.uow.queueableChanges.set(job.id, 'insert');
    this.bus.publish('job:created', { context, job, byCascade: false });
  }

  /** The job is there already. Fills empty times, for jobs and, on a finish, for stage and build; tells nobody. */
  private repeat(context: CommandContext, job: JobRecord, name: JobCommandName): Outcome {
    if (name !== 'finish') {
      fillTimes(job, context.command.data);
      return ignored('repeat');
    }
    if (context.command.data.state !== job.state) return ignored(`job_is_${job.state}`);
    fillTimes(job, context.command.data);
    this.bus.signal('job:repeated', { context, job, byCascade: false });
    return ignored('repeat');
  }

  private stopIfCanceled(context: CommandContext, job: JobRecord): void {
    if (job.state === 'canceled') tellWorkerToStop(context, job);
  }
}

/** Whether this is a cancellation: asked for, or told again to a worker that begins what is over (states.md §6.1, 4b). */
function cancels(name: JobCommandName, cell: Cell): boolean {
  return name === 'cancel' || (cell === 'stop' && (name === 'receive' || name === 'start'));
}
