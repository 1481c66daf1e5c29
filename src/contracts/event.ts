import type { BuildState, JobState } from './states';

/** Every event Hub tells about. Names are the wire contract of Travis Hub. */
export const EVENT_NAMES = [
  'job:created',
  'job:received',
  'job:started',
  'job:finished',
  'job:canceled',
  'job:restarted',
  'build:created',
  'build:started',
  'build:finished',
  'build:canceled',
  'build:restarted',
] as const;
export type EventName = (typeof EVENT_NAMES)[number];

/** What a build tells of a deploy, e.g. `deploy:finished`. Kept in the log; no channel tells of it. */
export type DeployEventName = `deploy:${string}`;

/** Stands in the log where an event was lost and the doctor found its place empty. No channel tells of it. */
export type LostEventName = 'event:lost';

/** What a build tells of a deploy (wire.md §2.4, §4.5). */
export interface DeployReport {
  readonly provider?: string;
  readonly strategy?: string;
  /** Whether the script before it had passed; absent when nothing was said. */
  readonly passed?: boolean;
  /** It was made with a version of the deploy tool that is not released. */
  readonly edge?: boolean;
}

/** An ISO 8601 time in UTC, e.g. `2021-01-10T05:36:12.000Z`. */
export type IsoTime = string;

/** The part of a job that changes, as it was when the event happened. */
export interface JobSnapshot {
  readonly id: number;
  readonly number: string | null;
  readonly state: JobState;
  readonly stage_id: number | null;
  readonly allow_failure: boolean;
  readonly queue: string | null;
  readonly vm_size: string | null;
  readonly queued_at: IsoTime | null;
  readonly received_at: IsoTime | null;
  readonly started_at: IsoTime | null;
  readonly finished_at: IsoTime | null;
  readonly canceled_at: IsoTime | null;
  readonly restarted_at: IsoTime | null;
}

export interface StageSnapshot {
  readonly id: number;
  readonly number: number | null;
  readonly name: string | null;
  readonly state: BuildState;
  readonly started_at: IsoTime | null;
  readonly finished_at: IsoTime | null;
}

export interface BuildSnapshot {
  readonly id: number;
  readonly number: string | null;
  readonly state: BuildState;
  /** What this build is compared with to say "fixed" or "broken"; null when it is the first of its branch. */
  readonly previous_state: string | null;
  /** Sum of the jobs' whole seconds. */
  readonly duration: number | null;
  readonly started_at: IsoTime | null;
  readonly finished_at: IsoTime | null;
  readonly canceled_at: IsoTime | null;
  readonly restarted_at: IsoTime | null;
}

export interface RepositorySnapshot {
  readonly id: number;
  readonly last_build_id: number | null;
  readonly last_build_number: string | null;
  readonly last_build_state: string | null;
  readonly last_build_duration: number | null;
  readonly last_build_started_at: IsoTime | null;
  readonly last_build_finished_at: IsoTime | null;
  readonly current_build_id: number | null;
}

/** What made the event happen. */
export interface Cause {
  /** The command's type, e.g. `job:finish`. */
  readonly command: string;
  readonly reason?: string;
  /** True when a newer build made this one pointless. */
  readonly auto?: true;
  /** True when nothing was heard of the job for so long that Hub gave it up. */
  readonly stale?: true;
  /** The worker took a trace of the run that ended. Only of the job that it reported. */
  readonly trace?: true;
  readonly vm_size?: string;
}

/** Everything that can change later, kept with the event as decided. Immutable rows are joined when they are needed. */
export interface EventSnapshot {
  readonly build: BuildSnapshot;
  readonly cause: Cause;
  /** Job events only. */
  readonly job?: JobSnapshot;
  /** The job's stage, if it has one. Job events only. */
  readonly stage?: StageSnapshot;
  /** Deploy events only. */
  readonly deploy?: DeployReport;
  /** Build events only: all jobs of the build, by id. */
  readonly jobs?: readonly JobSnapshot[];
  /** Build events only: all stages of the build, by id. */
  readonly stages?: readonly StageSnapshot[];
  /** Build events only, unless the build has no repository. */
  readonly repository?: RepositorySnapshot;
}

/** An event that channels tell of. */
export type ToldEvent = LoggedEvent & { readonly name: EventName };

/** A row of the event log. */
export interface LoggedEvent {
  readonly id: number;
  readonly name: EventName | DeployEventName | LostEventName;
  readonly build_id: number;
  readonly job_id: number | null;
  readonly repository_id: number | null;
  /** Position within its build, from 1 without gaps. */
  readonly seq: number;
  readonly at: IsoTime;
  readonly snapshot: EventSnapshot;
}
