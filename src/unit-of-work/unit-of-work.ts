import type { DeployEventName, EventName, EventSnapshot } from '../contracts/event';
import type {
  BuildRecord,
  JobInstance,
  JobRecord,
  JobVersion,
  RepositoryRecord,
  ResetCount,
  RunRecord,
  SideEffect,
  StageRecord,
} from './records';

/** An event decided in this transaction, in order. */
export interface PendingEvent {
  readonly name: EventName | DeployEventName;
  readonly build: BuildRecord;
  readonly job: JobRecord | null;
  readonly seq: number;
  readonly snapshot: EventSnapshot;
}

/**
 * All rows that one batch of commands may touch, each in memory once (identity map), plus what the commands decided.
 *
 * Loading fills it, the state machines change it, the difference is written. Nothing here does I/O.
 */
export class UnitOfWork {
  readonly jobs = new Map<number, JobRecord>();
  readonly stages = new Map<number, StageRecord>();
  readonly builds = new Map<number, BuildRecord>();
  readonly repositories = new Map<number, RepositoryRecord>();
  readonly runs = new Map<number, RunRecord[]>();
  /** Jobs whose rows this transaction has locked. */
  readonly lockedJobs = new Set<number>();
  /** Builds all of whose jobs are loaded. */
  readonly completeBuilds = new Set<number>();
  /** Jobs that have a `queueable_jobs` row; known only for the jobs of restart and reset commands. */
  readonly queueable = new Set<number>();
  /** Builds with a newer build of their repository that has started. */
  readonly overtakenBuilds = new Set<number>();
  /** Redelivered messages that were applied before. */
  readonly appliedMessages = new Set<string>();
  /** How often jobs were reset; known only for the jobs of reset commands. */
  readonly resets = new Map<number, ResetCount>();
  /** When jobs were last written; known only for the jobs of commands with `untouchedSince`. */
  readonly updatedAt = new Map<number, Date>();

  readonly events: PendingEvent[] = [];
  readonly sideEffects: SideEffect[] = [];
  readonly versions: JobVersion[] = [];
  readonly rememberedMessages = new Set<string>();
  /** New counts of {@link resets}. */
  readonly countedResets = new Map<number, ResetCount>();
  readonly instances: JobInstance[] = [];
  /** The last word on each job's `queueable_jobs` row. */
  readonly queueableChanges = new Map<number, 'insert' | 'delete'>();

  /** Rows whose state is stored in words that are not Hub's, such as NULL. */
  private readonly foreignStates = new Set<object>();
  private readonly originals = new Map<object, object>();
  private readonly jobsByBuild = new Map<number, JobRecord[]>();
  private readonly stagesByBuild = new Map<number, StageRecord[]>();

  constructor(
    /** The one "now" of the whole batch. */
    readonly now: Date,
  ) {}

  /** Remembers a row as it is in the database, so that {@link changesOf} can tell what was changed. */
  track(record: object): void {
    this.originals.set(record, { ...record });
  }

  addJob(job: JobRecord, locked: boolean): void {
    this.jobs.set(job.id, job);
    if (locked) this.lockedJobs.add(job.id);
    append(this.jobsByBuild, job.buildId, job);
    this.track(job);
  }

  addStage(stage: StageRecord): void {
    this.stages.set(stage.id, stage);
    append(this.stagesByBuild, stage.buildId, stage);
    this.track(stage);
  }

  /**
   * All jobs of a build, by id.
   *
   * @throws Error when only those that commands name were loaded, which is a bug: a command that reaches its build
   *   needs them all
   */
  jobsOf(buildId: number): readonly JobRecord[] {
    if (!this.completeBuilds.has(buildId)) throw new Error(`not all jobs of build ${buildId} were loaded`);
    return this.jobsByBuild.get(buildId) ?? [];
  }

  /** All stages of a build, by id. */
  stagesOf(buildId: number): readonly StageRecord[] {
    return this.stagesByBuild.get(buildId) ?? [];
  }

  stageOf(job: JobRecord): StageRecord | undefined {
    return job.stageId === null ? undefined : this.stages.get(job.stageId);
  }

  /** @throws Error when the build was not loaded, which is a bug. */
  buildOf(row: JobRecord | StageRecord): BuildRecord {
    const build = this.builds.get(row.buildId);
    if (!build) throw new Error(`build ${row.buildId} was not loaded`);
    return build;
  }

  /** Notes that the row's stored state was read as another one. It is left as it is until an event tells of the row. */
  hasForeignState(record: JobRecord | StageRecord | BuildRecord): void {
    this.foreignStates.add(record);
  }

  /** Has the states of what events tell of written, also where they are what the stored ones were read as. */
  adoptStates(): void {
    for (const { build, job } of this.events) {
      for (const record of job ? [job, this.stageOf(job)] : [build]) {
        if (record && this.foreignStates.has(record)) {
          this.originals.set(record, { ...this.originalOf<object>(record), state: null });
        }
      }
    }
  }

  /** The row as it was loaded. */
  originalOf<R extends object>(record: R): Readonly<R> {
    return (this.originals.get(record) ?? record) as R;
  }

  /** Whether the job has a `queueable_jobs` row, as the commands so far leave it. See {@link queueable}. */
  isQueueable(jobId: number): boolean {
    const change = this.queueableChanges.get(jobId);
    return change === undefined ? this.queueable.has(jobId) : change === 'insert';
  }

  /** Whether nobody has written the job's row after that time, and no command of this batch has changed it. */
  isUntouched(job: JobRecord, since: Date): boolean {
    const updatedAt = this.updatedAt.get(job.id);
    const unchanged = (Object.keys(job) as (keyof JobRecord)[]).every((property) => !this.isChanged(job, property));
    return unchanged && updatedAt !== undefined && updatedAt <= since;
  }

  /** Whether any of these properties differs from the loaded row. Times are compared by value. */
  isChanged<R extends object>(record: R, property: keyof R): boolean {
    return differs(this.originalOf(record)[property], record[property]);
  }
}

/** Whether two values of a column differ. Times are compared by value. */
export function differs(before: unknown, after: unknown): boolean {
  if (before === after) return false;
  return !(before instanceof Date && after instanceof Date) || before.getTime() !== after.getTime();
}

function append<V>(index: Map<number, V[]>, key: number, value: V): void {
  const list = index.get(key);
  if (list) list.push(value);
  else index.set(key, [value]);
}
