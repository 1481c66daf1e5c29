import { isFinished, type JobState } from '../contracts/states';
import { buildStates, cascadeReaches, type JobOfBuild } from './domain/build-model';
import { expectationOf, type Act } from './domain/model';
import type { BuildView } from './hub-api';
import type { SimBuild, SimJob } from './ledger';

/** A job or build that is not as it must be. */
export interface Finding {
  readonly what: 'job' | 'build';
  readonly id: number;
  /** As people know it, e.g. `12.3`. */
  readonly number: string;
  readonly kind: 'wrong' | 'stuck';
  readonly expected: string;
  readonly found: string;
  /** Where to look on. */
  readonly hint: string;
}

/** How many are as they must be. */
export interface Tally {
  readonly all: number;
  readonly right: number;
  readonly wrong: number;
  readonly stuck: number;
}

export interface Judgement {
  readonly jobs: Tally;
  readonly builds: Tally;
  readonly findings: readonly Finding[];
}

/**
 * Compares everything with what must have become of it.
 *
 * @param views of these builds, in the same order
 * @param planned how many there should be: those that were never created because nothing moved any more are stuck
 */
export function judge(
  builds: readonly SimBuild[],
  views: readonly BuildView[],
  planned: { readonly jobs: number; readonly builds: number },
): Judgement {
  const byBuild = builds.map((build, i) => {
    const view = views[i];
    return view ? checkBuild(build, view) : [];
  });
  const findings = byBuild.flat();
  const ofJobs = findings.filter(({ what }) => what === 'job').map(({ kind }) => kind);
  // A build with a job that is stuck is stuck, one with a job that is wrong is wrong.
  const ofBuilds = byBuild.flatMap((list) =>
    list.some(({ kind }) => kind === 'stuck') ? ['stuck' as const] : list.slice(0, 1).map(({ kind }) => kind),
  );
  const created = builds.reduce((sum, { jobs }) => sum + jobs.length, 0);
  return {
    jobs: tally(planned.jobs, ofJobs, planned.jobs - created),
    builds: tally(planned.builds, ofBuilds, planned.builds - builds.length),
    findings,
  };
}

function tally(all: number, kinds: readonly Finding['kind'][], never: number): Tally {
  const wrong = kinds.filter((kind) => kind === 'wrong').length;
  const stuck = kinds.length - wrong + never;
  return { all, right: all - wrong - stuck, wrong, stuck };
}

/** Compares a build and its jobs with what must have become of them. @returns what differs; nothing when all is right */
function checkBuild(build: SimBuild, view: BuildView): Finding[] {
  const jobs = build.jobs.map((job): JobOfBuild & { readonly id: number } => ({
    id: job.id,
    stage: job.plan.stage,
    allowFailure: job.plan.allowFailure,
    state: view.jobs.find(({ id }) => id === job.id)?.state ?? 'created',
  }));
  const findings = build.jobs.flatMap((job, i) => {
    const own = jobs[i];
    return own ? checkJob(job, own, jobs, view) : [];
  });
  // What is wrong with a job is wrong with its build: one finding says it.
  return findings.length > 0 ? findings : checkState(build, view, jobs);
}

function checkJob(job: SimJob, own: JobOfBuild, jobs: readonly JobOfBuild[], view: BuildView): Finding[] {
  const { states, wrongAnswers } = expectationOf(job.acts);
  const right = new Set([...states].filter(isFinished) as JobState[]);
  if (cascadeReaches(own, states, jobs, job.build.plan.fastFinish)) right.add('canceled');
  const number = view.jobs.find(({ id }) => id === job.id)?.number ?? '?';
  const finding = (kind: Finding['kind'], expected: string, found: string, hint: string): Finding[] => [
    { what: 'job', id: job.id, number, kind, expected, found, hint },
  ];
  const [wrongAnswer] = wrongAnswers;
  const hint = `${wrongAnswer ?? inWords(job.acts.at(-1))}; see GET /api/jobs/${job.id}/timeline`;
  if (!isFinished(own.state)) {
    return finding('stuck', listed(right), own.state, `${hint}, hub.parked_messages and the queue`);
  }
  if (!right.has(own.state) || wrongAnswer !== undefined) return finding('wrong', listed(right), own.state, hint);
  if (job.told !== 'asked') return [];
  return finding('wrong', 'cancel_job on worker.commands', 'silence', 'the job was canceled, its worker never told');
}

function checkState(build: SimBuild, view: BuildView, jobs: readonly JobOfBuild[]): Finding[] {
  const right = buildStates(jobs);
  const found = view.state ?? 'none';
  if (isFinished(found) && right.has(found)) return [];
  const hint = `its jobs are ${jobs.map(({ state }) => state).join(', ')}; see GET /api/builds/${build.id}`;
  const number = view.jobs[0]?.number.split('.')[0] ?? '?';
  const kind = isFinished(found) ? 'wrong' : 'stuck';
  return [{ what: 'build', id: build.id, number, kind, expected: listed(right), found, hint }];
}

function listed(states: Iterable<string | null>): string {
  return [...states].map((state) => state ?? 'open').join(' or ') || 'some end';
}

function inWords(act: Act | undefined): string {
  if (act === undefined) return 'nothing was ever said about it';
  if (act.kind === 'calling') return 'a person was about to cancel it';
  if (act.kind === 'called') return `the last thing said was the call "${act.call}" (${act.status ?? 'no answer'})`;
  const run = act.run === null ? '' : ` of run ${act.run}`;
  const heard = act.sure ? (act.status === undefined ? 'confirmed by the broker' : `answered ${act.status}`) : 'unsure';
  return `the last thing said was "${act.step}"${run} (${heard})`;
}
