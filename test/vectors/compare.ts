import { anyInteger, exactly, now, oneOf, show, unchanged, type Expectation } from './expectation';
import type { Observation } from './observe';
import {
  expectBroadcasts,
  expectDeviatingRow,
  expectEvents,
  expectLogParts,
  mayDiffer,
  type RowsAround,
} from './rules';
import { wholeSeconds, type ClockWindow } from './times';
import type { Rows, Step, Version } from './vector';

/** A value that is neither the recorded one nor what a rule of ours asks for. */
export interface Mismatch {
  /** Where: `events`, `after.jobs.2.state`, `new_versions.0.finished_at`, … */
  readonly field: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Compares what a step did with its recording.
 *
 * @param before the rows as they really were before the step: a `NOW` of an earlier step must still be the same time
 * @param clock the instant of a frozen clock, or the bounds around publish and ack
 */
export function compareStep(step: Step, before: Rows, got: Observation, clock: ClockWindow): Mismatch[] {
  const rows: RowsAround = { before, after: got.after };
  const checks: Check[] = [
    ...leaves(step.after, got.after, 'after').map(([path, recorded, value]): Check => {
      const expected = expectRecorded(step, path, recorded, rows, clock);
      return [path, mayDiffer(step, path) ? expectDeviatingRow(step, path, expected, rows) : expected, value];
    }),
    ['events', expectEvents(step), got.events],
    ['broadcasts', expectBroadcasts(step, rows), got.broadcasts],
    ['log_clears', exactly(step.log_clears), got.log_clears],
    ['log_parts', expectLogParts(step, rows), got.log_parts],
    ...versionChecks(step.new_versions ?? [], got.new_versions, before),
    ...got.problems.map((problem): Check => ['outcome', exactly('applied, ignored or refused'), problem]),
  ];
  return checks.flatMap(([field, expected, value]) =>
    expected.accepts(value) ? [] : [{ field, expected: expected.text, got: show(value) }],
  );
}

type Check = readonly [field: string, expected: Expectation, got: unknown];

/** Every plain value of the recording and of what was found, with its path; one that only one side has too. */
function leaves(recorded: unknown, got: unknown, path: string): [path: string, recorded: unknown, got: unknown][] {
  const [left, right] = [fields(recorded), fields(got)];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  // Also an empty list where nothing should be.
  if (keys.length === 0) return [[path, recorded, got]];
  return keys.flatMap((key) => leaves(left[key], right[key], `${path}.${key}`));
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;
const fields = (value: unknown): Record<string, unknown> => (isNested(value) ? (value as Record<string, unknown>) : {});

/** What the recording says about a value, with `NOW` resolved. */
function expectRecorded(
  step: Step,
  path: string,
  recorded: unknown,
  rows: RowsAround,
  clock: ClockWindow,
): Expectation {
  if (recorded !== 'NOW') return exactly(recorded);
  if (path.endsWith('duration')) return expectDuration(step, path, rows);
  const inRows = path.replace(/^after\./, '');
  if (step.set_now?.includes(inRows)) return now(clock);
  return unchanged(valueAt(rows.before, inRows));
}

/**
 * A duration that depends on the clock: the sum over the jobs as they are now, or what it was before, for it is only
 * computed when the build ends. A step of another build has that build's duration, whose jobs have no known times.
 */
function expectDuration(step: Step, path: string, { before, after }: RowsAround): Expectation {
  if (step.other_build !== undefined) return anyInteger;
  const earlier = valueAt(before, path.replace(/^after\./, ''));
  const sum = after.jobs.reduce((total, job) => total + wholeSeconds(job.started_at, job.finished_at), 0);
  const choices = [exactly(sum), ...(typeof earlier === 'number' ? [unchanged(earlier)] : [])];
  return oneOf(...choices, ...(path.includes('repository') ? [exactly(after.build.duration)] : []));
}

/** Versions are compared by job and number; a `NOW` in them is what the job's row held before the step. */
function versionChecks(recorded: readonly Version[], got: readonly Version[], before: Rows): Check[] {
  const [wanted, found] = [sortVersions(recorded), sortVersions(got)];
  return leaves(wanted, found, 'new_versions').map(([path, value, actual]): Check => {
    if (value !== 'NOW') return [path, exactly(value), actual];
    const [, index, column] = path.split('.');
    const job = wanted[Number(index)]?.job;
    return [path, unchanged(valueAt(before, `jobs.${job}.${column}`)), actual];
  });
}

function sortVersions(versions: readonly Version[]): Version[] {
  const key = ({ job, number }: Version): string => `${String(job).padStart(12)} ${String(number).padStart(6)}`;
  return [...versions].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function valueAt(rows: Rows, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => fields(value)[key], rows);
}
