import { isCutOff, isEnd } from './build-model';
import type { BuildEvidence, EventEvidence, Finding, JobEvidence } from './evidence';
import { stateAfter } from './job-model';

/** What is wrong with the jobs of a build and with what was told of each of them. */
export function checkJobs(build: BuildEvidence): Finding[] {
  return build.jobs.flatMap((job) => checkJob(job, build));
}

function checkJob(job: JobEvidence, build: BuildEvidence): Finding[] {
  const observed = build.events.filter(({ jobId }) => jobId === job.id).map(inShort);
  const legal = legalOf(job, build);
  const said = `its events are [${observed.join(' ')}], right is ${listed(legal)}`;
  const finding = (kind: Finding['kind'], text: string): Finding[] => [
    { kind, about: `job ${job.id}`, buildId: build.id, text: `job ${job.id} ${text}` },
  ];
  const open = isEnd(job.state) ? [] : finding('stuck', `is still ${job.state}: ${said}`);
  if (!legal.has(observed.join(' '))) {
    return [...open, ...finding(kindOf(observed, legal), `has another history: ${said}`)];
  }
  if (open.length > 0 || stateAfter(observed) === job.state) return open;
  return finding('wrong', `is ${job.state}, but its events say ${stateAfter(observed)}`);
}

/** A stage that did not pass cancels what comes after it, whatever would have been said about that. */
function legalOf(job: JobEvidence, { jobs }: BuildEvidence): ReadonlySet<string> {
  return job.untouched && isCutOff(job, jobs) ? new Set(['finished:canceled']) : job.legal;
}

function inShort({ name, state }: EventEvidence): string {
  const verb = name.replace(/^job:/, '');
  return verb === 'finished' ? `finished:${state}` : verb;
}

/**
 * Calls a history that is not right by its name: an event too many is doubled, one too few is lost, anything else is
 * wrong.
 */
export function kindOf(observed: readonly string[], legal: ReadonlySet<string>): 'lost' | 'doubled' | 'wrong' {
  const histories = [...legal].map((text) => (text === '' ? [] : text.split(' ')));
  if (histories.some((history) => isWithin(history, observed))) return 'doubled';
  return histories.some((history) => isWithin(observed, history)) ? 'lost' : 'wrong';
}

/** Whether the shorter list is what is left of the longer one when some are taken out. */
function isWithin(shorter: readonly string[], longer: readonly string[]): boolean {
  let next = 0;
  for (const item of longer) if (item === shorter[next]) next++;
  return next === shorter.length;
}

function listed(histories: ReadonlySet<string>): string {
  return [...histories].map((text) => `[${text}]`).join(' or ');
}
