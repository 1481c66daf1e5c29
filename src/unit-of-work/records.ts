import type { BuildState, JobState, Result } from '../contracts/states';

/** A row of `jobs` as far as Hub reads or writes it. Changing a field marks the column for writing. */
export interface JobRecord {
  readonly id: number;
  readonly buildId: number;
  readonly repositoryId: number | null;
  readonly stageId: number | null;
  readonly number: string | null;
  readonly allowFailure: boolean;
  readonly queue: string | null;
  state: JobState;
  queuedAt: Date | null;
  receivedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  canceledAt: Date | null;
  restartedAt: Date | null;
  vmSize: string | null;
  restartedBy: number | null;
  /** Lifecycle run: 1 + restarts + resets so far. */
  run: number;
}

/** A row of `stages`. */
export interface StageRecord {
  readonly id: number;
  readonly buildId: number;
  readonly number: number | null;
  readonly name: string | null;
  state: BuildState;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/** A row of `builds` plus what `hub.builds` knows about it. */
export interface BuildRecord {
  readonly id: number;
  readonly repositoryId: number | null;
  readonly number: string | null;
  readonly config: BuildConfig;
  /** As written at creation; never changed. */
  readonly previousState: string | null;
  state: BuildState;
  duration: number | null;
  receivedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  canceledAt: Date | null;
  restartedAt: Date | null;
  /** Number of the build's last event; 0 before the first. */
  lastSeq: number;
  /** The state this build ended in before it was last restarted. */
  restartedFrom: Result | null;
}

/** The two things of a build's config that decide states. */
export interface BuildConfig {
  readonly fastFinish: boolean;
  /** The config could not be used (`.result` says "error"): such a build cannot be restarted. */
  readonly broken: boolean;
}

/** The denormalised columns of a row of `repositories`. */
export interface RepositoryRecord {
  readonly id: number;
  lastBuildId: number | null;
  lastBuildNumber: string | null;
  lastBuildState: string | null;
  lastBuildDuration: number | null;
  lastBuildStartedAt: Date | null;
  lastBuildFinishedAt: Date | null;
  currentBuildId: number | null;
}

/** A worker run of a job, told apart by `meta.uuid`. */
export interface RunRecord {
  readonly jobId: number;
  /** Order in which the runs of a job were first seen, from 1. */
  readonly ordinal: number;
  readonly uuid: string;
  lastCount: number;
  /** When the worker says it picked the job up. */
  receivedAt: Date | null;
  instanceId: string | null;
  /** The job's lifecycle run this worker run last reported for. */
  run: number;
}

/** A row of `hub.job_resets`: how often a job was reset, and when first and last. */
export interface ResetCount {
  readonly resets: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
}

/** A row of `hub.job_instances` to be written: a sender that numbers no runs named the instance of a job. */
export interface JobInstance {
  readonly jobId: number;
  readonly instanceId: string;
}

/** A row of `job_versions` to be written: what a job was before a restart. */
export interface JobVersion {
  readonly jobId: number;
  readonly state: string;
  readonly queuedAt: Date | null;
  readonly receivedAt: Date | null;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly restartedAt: Date | null;
}

/** Something to be done outside the database once the transaction has committed; becomes a delivery (D10). */
export interface SideEffect {
  readonly channel: 'worker-commands' | 'job-board' | 'log-clear' | 'log-replace' | 'log-part';
  readonly jobId: number;
  readonly run: number;
  readonly payload: Readonly<Record<string, unknown>>;
}
