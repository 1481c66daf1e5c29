import type { CommandData } from '../../contracts/command';
import { isFinished, type JobState } from '../../contracts/states';

/** The times of a job that messages may set, and the state that says which. */
export interface JobTimes {
  readonly state: JobState;
  queuedAt: Date | null;
  receivedAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
}

/**
 * Fills the empty times of a job from a message; a time that is set already is never overwritten (states.md §1.5).
 *
 * A job cannot have been received before it was queued: clocks differ, so `receivedAt` is moved up to `queuedAt`. Nor does
 * one that is not finished have an end, whatever a message says: stale jobs are looked for among those without one.
 */
export function fillTimes(job: JobTimes, data: CommandData, defaults: Partial<Omit<JobTimes, 'state'>> = {}): void {
  job.queuedAt ??= data.queuedAt ?? null;
  if (job.receivedAt === null) {
    const receivedAt = data.receivedAt ?? defaults.receivedAt ?? null;
    job.receivedAt = later(receivedAt, job.queuedAt);
  }
  job.startedAt ??= data.startedAt ?? defaults.startedAt ?? null;
  if (isFinished(job.state)) job.finishedAt ??= data.finishedAt ?? defaults.finishedAt ?? null;
}

function later(receivedAt: Date | null, queuedAt: Date | null): Date | null {
  return receivedAt !== null && queuedAt !== null && queuedAt > receivedAt ? queuedAt : receivedAt;
}
