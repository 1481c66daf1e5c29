import { checkBuild } from './check-build';
import { checkJobs } from './check-jobs';
import { checkTellings } from './check-tellings';
import { KINDS, type BuildEvidence, type Finding } from './evidence';

/** Everything that is wrong with a build. */
export function checkWhole(build: BuildEvidence): Finding[] {
  return [...checkJobs(build), ...checkBuild(build), ...checkTellings(build)];
}

/** The line that says how it went: `lost 0 wrong 0 doubled 0 stuck 0`. */
export function verdictOf(findings: readonly Finding[]): string {
  return KINDS.map((kind) => `${kind} ${findings.filter((finding) => finding.kind === kind).length}`).join(' ');
}
