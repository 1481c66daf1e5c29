import { readFileSync } from 'node:fs';
import type { BuildState, JobState } from '../../src/contracts/states';

/** A whole second in UTC (`2021-01-10T05:36:12Z`), or `NOW`: the recording took the value from its clock. */
export type RecordedTime = string | null;

/** Whole seconds, or `NOW` when the sum depends on the clock. */
export type RecordedDuration = number | 'NOW' | null;

export interface JobRow {
  readonly state: JobState;
  readonly queued_at: RecordedTime;
  readonly received_at: RecordedTime;
  readonly started_at: RecordedTime;
  readonly finished_at: RecordedTime;
  readonly canceled_at_set: boolean;
  readonly restarted_at_set: boolean;
  readonly queueable: boolean;
  /** How many job_versions rows the job has. */
  readonly versions: number;
}

export interface StageRow {
  readonly state: BuildState;
  readonly started_at: RecordedTime;
  readonly finished_at: RecordedTime;
}

export interface BuildRow {
  readonly state: BuildState;
  readonly started_at: RecordedTime;
  readonly finished_at: RecordedTime;
  readonly duration: RecordedDuration;
  readonly canceled_at_set: boolean;
  readonly restarted_at_set: boolean;
}

export interface RepositoryRow {
  readonly last_build_is_this: boolean;
  readonly last_build_number: string | null;
  readonly last_build_state: string | null;
  readonly last_build_duration: RecordedDuration;
  readonly last_build_started_at: RecordedTime;
  readonly last_build_finished_at: RecordedTime;
  readonly current_build_is_this: boolean;
  /** `this`, `other:0` or null; only in vectors with other builds, like the next one. */
  readonly last_build?: string | null;
  readonly current_build?: string | null;
}

export interface OtherBuildRow extends StageRow {
  readonly jobs: readonly { readonly state: JobState }[];
}

/** Every row a vector looks at. */
export interface Rows {
  readonly jobs: readonly JobRow[];
  readonly stages: readonly StageRow[];
  readonly build: BuildRow;
  readonly repository: RepositoryRow;
  readonly other_builds?: readonly OtherBuildRow[];
}

/** Index of a job of this build, or `other0.1` for job 1 of another build. */
export type JobName = number | string;

export interface Broadcast {
  readonly job: JobName;
  readonly reason: string;
}

/** A job_versions row. */
export interface Version {
  readonly job: JobName;
  readonly number: number;
  readonly state: string | null;
  readonly queued_at: RecordedTime;
  readonly received_at: RecordedTime;
  readonly started_at: RecordedTime;
  readonly finished_at: RecordedTime;
  readonly restarted_at_set: boolean;
}

/** What one step did: recorded or observed, in the same shape. */
export interface StepOutcome {
  readonly after: Rows;
  readonly events: readonly string[];
  readonly broadcasts: readonly Broadcast[];
  readonly log_clears: readonly JobName[];
  readonly log_parts?: readonly JobName[];
  readonly new_versions?: readonly Version[];
}

/** A message, or what another service did to the rows, with the recorded outcome. */
export interface Step extends StepOutcome {
  /** `job:receive`, … or `external:queue`. */
  readonly type: string;
  readonly job?: number;
  readonly other_build?: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Paths below `after` whose value came from the clock in this very step. */
  readonly set_now?: readonly string[];
  readonly deviations?: readonly string[];
  /** Paths whose recorded value need not be ours, see rules.ts. */
  readonly may_differ?: readonly string[];
}

export interface InitialJob {
  readonly number: string;
  readonly stage: number | null;
  readonly allow_failure: boolean;
  readonly state: JobState;
  readonly queueable: boolean;
  readonly queued_at?: string | null;
  readonly received_at?: string | null;
  readonly started_at?: string | null;
  readonly finished_at?: string | null;
}

export interface InitialOtherBuild {
  readonly position: 'older' | 'newer';
  readonly number: string;
  readonly state: BuildState;
  readonly started_at?: string | null;
  readonly finished_at?: string | null;
  readonly duration?: number | null;
  readonly jobs: readonly InitialJob[];
}

/** One line of a vectors file: the rows at the start, and the steps. */
export interface Vector {
  readonly id: string;
  readonly tags: readonly string[];
  readonly deviations: readonly string[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly build: { readonly number: string; readonly state: BuildState };
  readonly stages: readonly { readonly number: number; readonly state: BuildState }[];
  readonly jobs: readonly InitialJob[];
  readonly other_builds?: readonly InitialOtherBuild[];
  readonly repository?: {
    readonly last_build: string | null;
    readonly current_build: string | null;
    readonly last_build_state?: string | null;
    readonly last_build_duration?: number | null;
    readonly last_build_started_at?: string | null;
    readonly last_build_finished_at?: string | null;
  };
  readonly steps: readonly Step[];
}

/** A vectors file that cannot be used as it is; the message says why. */
export class VectorFileError extends Error {}

/**
 * Reads a vectors file: one JSON object per line, empty lines are skipped.
 *
 * @throws VectorFileError naming the file, and the line when a line is not a vector
 */
export function readVectors(file: string): Vector[] {
  return readText(file)
    .split('\n')
    .flatMap((line, index) => (line.trim() === '' ? [] : [parseVector(line, `${file}:${index + 1}`)]));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new VectorFileError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function parseVector(line: string, where: string): Vector {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new VectorFileError(`${where} is not JSON: expected one vector per line`, { cause: error });
  }
  const vector = value as Partial<Vector> | null;
  const complete = vector?.id && vector.build && vector.stages && vector.jobs && Array.isArray(vector.steps);
  if (!complete) throw new VectorFileError(`${where} is not a vector: it needs id, build, stages, jobs and steps`);
  return vector as Vector;
}
