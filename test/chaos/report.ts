import type { FaultRun } from './director';
import { verdictOf } from './domain/check';
import type { Finding } from './domain/evidence';
import type { ChaosOptions } from './options';
import type { Evidence } from './read-evidence';

export interface Timing {
  readonly findings: readonly Finding[];
  /** Tellings of events that were decided while nothing was wrong, in milliseconds, sorted. */
  readonly calm: readonly number[];
}

export interface Outcome {
  readonly options: ChaosOptions;
  readonly seconds: number;
  readonly evidence: Evidence;
  readonly findings: readonly Finding[];
  readonly timing: Timing;
  readonly runs: readonly FaultRun[];
  readonly messages: number;
}

/** The bar: states are right again so soon after a fault, without a person, in milliseconds. */
const RECOVERY_BAR_MS = 15_000;
/** The bar for telling a target that was there all the time, while nothing was wrong, in milliseconds. */
const TELLING_BAR_MS = 5_000;
/** The same when a fault came in between: what a dead process had in hand is due again when its lease is over. */
const TELLING_AFTER_FAULT_MS = 20_000;
/** What was decided so shortly before a fault may still have been on its way, in milliseconds. */
const ON_ITS_WAY_MS = 1_000;
const MOST_SHOWN = 40;

/** Judges how long things took. */
export function judgeTimes(runs: readonly FaultRun[], delays: Evidence['delays']): Timing {
  const slow = runs.filter(({ recoveredMs }) => recoveredMs === null || recoveredMs > RECOVERY_BAR_MS);
  const stuck = (about: string, text: string): Finding => ({ kind: 'stuck', about, buildId: null, text });
  const findings = slow.map(({ name, recoveredMs }) =>
    stuck(
      name,
      `after "${name}" states were right after ${recoveredMs ?? 'more than 60000'} ms, not ${RECOVERY_BAR_MS}`,
    ),
  );
  const calm: number[] = [];
  for (const { at, ms, about, buildId } of delays) {
    const met = runs.filter(
      ({ began, ended, recoveredMs }) => at + ms > began - ON_ITS_WAY_MS && at < ended + (recoveredMs ?? 0),
    );
    if (met.length === 0) calm.push(ms);
    const bar = met.length === 0 ? TELLING_BAR_MS : met.length * TELLING_AFTER_FAULT_MS;
    const quietMs = met.reduce((left, { began, ended }) => left - overlap(at, at + ms, began, ended), ms);
    if (quietMs <= bar) continue;
    const text = `a target that was there all the time was told of ${about} after ${Math.round(ms)} ms (${circumstances(runs, at, met)})`;
    findings.push({ kind: 'stuck', about, buildId, text });
  }
  return { calm: calm.sort((a, b) => a - b), findings };
}

function circumstances(runs: readonly FaultRun[], at: number, met: readonly FaultRun[]): string {
  if (met.length > 0) return met.map(({ name }) => name).join(', ');
  const last = runs.filter(({ ended }) => ended <= at).at(-1);
  return last ? `${seconds(at - last.ended)} after "${last.name}"` : 'before any fault';
}

function overlap(from: number, to: number, began: number, ended: number): number {
  return Math.max(0, Math.min(to, ended) - Math.max(from, began));
}

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
    `${runs.length} faults in ${seconds(outcome.seconds * 1_000)}; states right again after ${quantiles(mended)}`,
    `${messages} messages confirmed by the broker, ${builds.length} builds, ${jobsOf(evidence)} jobs, ${events} events`,
    `${tellings.length} tellings, ${twice} of them more than once under the same id; while nothing was wrong they took ${quantiles(timing.calm)}`,
    verdictOf(findings),
  ];
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
