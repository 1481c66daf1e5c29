import type { Tally } from './check';
import { COUNTERS, type Counter } from './ledger';
import type { SimulationOptions } from './options';
import type { SimulationResult, Standing } from './simulation';

const WORDS: Readonly<Record<Counter, string>> = {
  messages: 'reports sent',
  repeated: 'reports sent twice',
  swapped: 'reports behind the next one',
  delayed: 'reports that took their time',
  lost: 'reports lost by the worker',
  from_old_runs: 'reports from runs long dead',
  broken_requests: 'requests broken off',
  died: 'workers that died',
  redelivered: 'jobs given to another worker',
  connections_lost: 'connections lost',
  resets: 'jobs reset by their worker',
  cancels: 'cancels by people',
  told_to_stop: 'workers told to stop',
  restarts: 'restarts by people',
  answers_409: 'reports answered 409',
};

/** What is listed at most; the numbers below count all. */
const MOST_FINDINGS = 50;

/** The lines a person reads, the verdict last. */
export function textReport(options: SimulationOptions, result: SimulationResult): string {
  const { counts, seconds, findings } = result;
  const rate = Math.round(counts.messages / Math.max(seconds, 0.001));
  const rows: (readonly [string, string | number])[] = [
    ['mode', `${options.mode}${options.chaos ? ' with chaos' : ''}`],
    ['seed', options.seed],
    ['workers', options.workers],
    ['seconds', seconds.toFixed(1)],
    ['reports per second', rate],
    ...COUNTERS.filter((name) => counts[name] > 0).map((name) => [WORDS[name], counts[name]] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    '',
    ...findingLines(findings),
    tallyLine('builds', result.builds),
    // The last line, by which scripts tell how it went.
    tallyLine('jobs', result.jobs),
  ].join('\n');
}

function findingLines(findings: SimulationResult['findings']): string[] {
  if (findings.length === 0) return [];
  const listed = findings.slice(0, MOST_FINDINGS).map(({ what, id, number, kind, expected, found, hint }) => {
    return `${kind}: ${what} ${number} (id ${id}): expected ${expected}, found ${found}\n    ${hint}`;
  });
  const more = findings.length - listed.length;
  return [...listed, ...(more > 0 ? [`and ${more} more (--json lists all)`] : []), ''];
}

function tallyLine(what: string, { all, right, wrong, stuck }: Tally): string {
  return `${what} ${all} right ${right} wrong ${wrong} stuck ${stuck}`;
}

/** One object for machines. */
export function jsonReport(options: SimulationOptions, result: SimulationResult): string {
  const { mode, chaos, seed, workers } = options;
  return JSON.stringify({ mode, chaos, seed, workers, ...result });
}

/** How far it has come, on one line. */
export function standingLine({ over, counts }: Standing, jobs: number): string {
  return `${over} of ${jobs} jobs over, ${counts.messages} reports sent`;
}
