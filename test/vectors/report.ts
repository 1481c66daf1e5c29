import { passed, type StepResult, type VectorResult } from './replay';

export interface ReportOptions {
  /** Print every step, not only what differs. */
  readonly trace: boolean;
  /** Print the mismatches of all steps, not only those of a vector's first step that has any. */
  readonly all: boolean;
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
}

/** Prints what differs, vector by vector, and counts. The last line is `N passed, N failed`. */
export function report(
  results: readonly VectorResult[],
  options: ReportOptions,
  print: (line: string) => void,
): Summary {
  const failed = results.filter((result) => !passed(result));
  for (const result of options.trace ? results : failed) printVector(result, options, print);
  if (failed.length > 0) printFields(failed, print);
  const summary = { passed: results.length - failed.length, failed: failed.length };
  print(`${summary.passed} passed, ${summary.failed} failed`);
  return summary;
}

function printVector(
  { vector, steps }: VectorResult,
  { trace, all }: ReportOptions,
  print: (line: string) => void,
): void {
  if (trace) print(`${vector.id}: ${vector.tags.join(' ')}`);
  const first = steps.findIndex(hasMismatch);
  steps.forEach((result, index) => {
    if (trace) printStep(result, index, print);
    if (!all && index !== first) return;
    for (const { field, expected, got } of result.mismatches) {
      print(`${vector.id} step ${index} (${title(result)}) ${field}`);
      print(`    expected ${expected}`);
      print(`    got      ${got}`);
    }
  });
  if (steps.length < vector.steps.length)
    print(`${vector.id} steps ${steps.length}-${vector.steps.length - 1} not played`);
  const later = first < 0 || all ? 0 : steps.slice(first + 1).flatMap(({ mismatches }) => mismatches).length;
  if (later > 0) print(`${vector.id} and ${later} more in later steps (--all shows them)`);
}

/** One step in full: what was sent, what came of it. */
function printStep(result: StepResult, index: number, print: (line: string) => void): void {
  const { step, got } = result;
  const jobs = got.after.jobs.map(({ state, queueable }) => (queueable ? `${state}+` : state)).join(' ');
  const stages = got.after.stages.map(({ state }) => state).join(' ');
  print(
    `  ${String(index).padStart(2)} ${title(result)} ${JSON.stringify(step.body)} ${(step.deviations ?? []).join(' ')}`,
  );
  print(`     jobs ${jobs}${stages ? ` | stages ${stages}` : ''} | build ${got.after.build.state}`);
  const effects = {
    events: got.events,
    broadcasts: got.broadcasts,
    log_clears: got.log_clears,
    log_parts: got.log_parts,
    new_versions: got.new_versions,
  };
  for (const [name, list] of Object.entries(effects)) {
    if (list.length > 0)
      print(`     ${name} ${list.map((one) => (typeof one === 'object' ? JSON.stringify(one) : one)).join(', ')}`);
  }
}

/** Which fields fail how often, so that one cause behind many failures shows. */
function printFields(failed: readonly VectorResult[], print: (line: string) => void): void {
  const counts = new Map<string, number>();
  for (const { steps } of failed) {
    const first = steps.find(hasMismatch);
    const fields = (first?.mismatches ?? []).map(
      ({ field }) => `${field.replace(/\.\d+/g, '.N')} at ${first?.step.type}`,
    );
    for (const field of new Set(fields)) counts.set(field, (counts.get(field) ?? 0) + 1);
  }
  print('\nvectors by what differs first:');
  for (const [field, count] of [...counts].sort(([, a], [, b]) => b - a))
    print(`  ${String(count).padStart(4)}  ${field}`);
}

function title({ step }: StepResult): string {
  const subject = step.other_build === undefined ? '' : ` of other build ${step.other_build}`;
  return step.job === undefined ? `${step.type}${subject}` : `${step.type} job ${step.job}${subject}`;
}

const hasMismatch = ({ mismatches }: StepResult): boolean => mismatches.length > 0;
