import type { FaultRun } from './director';
import { verdictOf } from './domain/check';
import type { Timing } from './domain/check-times';
import type { Finding } from './domain/evidence';
import type { ChaosOptions } from './options';
import type { Evidence } from './read-evidence';

export interface Outcome {
  readonly options: ChaosOptions;
  readonly seconds: number;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  readonly timing: Timing;
  readonly runs: readonly FaultRun[];
  readonly messages: number;
}

const MOST_SHOWN = 40;

/** One line about a fault as soon as it is over. */
export function faultLine({ name, began, ended, recoveredMs, problem }: FaultRun): string {
  const mended = recoveredMs === null ? 'NOT mended within a minute' : `mended after ${seconds(recoveredMs)}`;
  return `  ${name}: ${seconds(ended - began)}, ${mended}${problem === undefined ? '' : ` (${problem})`}`;
}

/** Everything that people want to know; the last line is the verdict. */
export function report(outcome: Outcome): string[] {
  const { options, evidence, findings, runs, timing, messages } = outcome;
  const { builds } = evidence;
  const events = builds.reduce((sum, build) => sum + build.events.length, 0);
  const tellings = builds.flatMap((build) => build.tellings);
  const twice = tellings.filter(({ times }) => times > 1).length;
  const mended = runs.flatMap(({ recoveredMs }) => recoveredMs ?? []).sort((a, b) => a - b);
  return [
    ...findings.slice(0, MOST_SHOWN).map(({ kind, text }) => `${kind.toUpperCase()} (seed ${options.seed}) ${text}`),
    ...(findings.length > MOST_SHOWN ? [`… and ${findings.length - MOST_SHOWN} more`] : []),
    `${runs.length} faults (${kindsIn(runs)} of ${options.faults.length} kinds) in ${seconds(outcome.seconds * 1_000)}; states right again after ${quantiles(mended)}`,
    `${messages} messages confirmed by the broker, ${builds.length} builds, ${jobsOf(evidence)} jobs, ${events} events`,
    `${tellings.length} tellings, ${twice} of them more than once under the same id; while nothing was wrong they took ${quantiles(timing.calm)}`,
    `${timing.disturbed.length} tellings that met a fault came after its end within ${quantiles(timing.disturbed)}`,
    verdictOf(findings),
  ];
}

/** Faults that could not be played do not count. */
function kindsIn(runs: readonly FaultRun[]): number {
  return new Set(runs.filter(({ problem }) => problem === undefined).map(({ name }) => name)).size;
}

function jobsOf({ builds }: Evidence): number {
  return builds.reduce((sum, { jobs }) => sum + jobs.length, 0);
}

function quantiles(sorted: readonly number[]): string {
  if (sorted.length === 0) return 'nothing to measure';
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `p50 ${seconds(at(0.5))}, p99 ${seconds(at(0.99))}, most ${seconds(at(1))}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
