import type { WorkerRun } from '../../contracts/command';

/** A worker run as far as the guard needs it. */
export interface KnownRun {
  readonly ordinal: number;
  readonly uuid: string;
  readonly lastCount: number;
  readonly receivedAt: Date | null;
  /** The job's lifecycle run that it last reported for. */
  readonly run: number;
}

export type OrderVerdict =
  /** The latest run goes on. */
  | { readonly kind: 'current'; readonly ordinal: number }
  /** A run that was not seen before. */
  | { readonly kind: 'new'; readonly ordinal: number }
  | { readonly kind: 'stale'; readonly reason: 'overtaken' | 'older_run' };

/**
 * Decides whether a message comes too late to count (D6).
 *
 * Within a run a message is dropped when one with the same or a higher count was applied. Between runs the latest one
 * seen wins. Only the workers' clocks tell which of two runs is later, so a run that is first heard of after another
 * one, but was picked up before it, counts as the older one. Clocks differ, so they are not asked when the job was
 * started over since the other one reported: then a new run is what everybody waits for.
 *
 * @param runs all runs seen for the job
 * @param jobRun the job's lifecycle run, which grows with each restart and reset
 * @param receivedAt when the worker picked the job up, if the message says so
 */
export function decideOrder(
  runs: readonly KnownRun[],
  jobRun: number,
  message: WorkerRun,
  receivedAt: Date | undefined,
): OrderVerdict {
  const latest = runs.reduce<KnownRun | undefined>((a, b) => (a && a.ordinal > b.ordinal ? a : b), undefined);
  if (!latest) return { kind: 'new', ordinal: 1 };
  if (latest.uuid === message.uuid) {
    return message.count > latest.lastCount
      ? { kind: 'current', ordinal: latest.ordinal }
      : { kind: 'stale', reason: 'overtaken' };
  }
  if (runs.some((run) => run.uuid === message.uuid)) return { kind: 'stale', reason: 'older_run' };
  const rivals = latest.run === jobRun;
  const pickedUpBefore =
    rivals && receivedAt && latest.receivedAt && receivedAt.getTime() < latest.receivedAt.getTime();
  return pickedUpBefore ? { kind: 'stale', reason: 'older_run' } : { kind: 'new', ordinal: latest.ordinal + 1 };
}
