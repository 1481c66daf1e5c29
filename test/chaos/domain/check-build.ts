import { buildResult, isEnd, type JobOfBuild } from './build-model';
import type { BuildEvidence, EventEvidence, Finding } from './evidence';

type Kind = Finding['kind'];

/** Each event of a build is followed by that of the job which caused it. */
const CAUSES: Readonly<Record<string, string>> = {
  'build:started': 'job:started',
  'build:finished': 'job:finished',
  'build:canceled': 'job:canceled',
  'build:restarted': 'job:restarted',
};

/** What is wrong with a build's own state and events, given what happened to its jobs in which order. */
export function checkBuild(build: BuildEvidence): Finding[] {
  const findings: Finding[] = [];
  const report = (kind: Kind, text: string) =>
    void findings.push({ kind, about: `build ${build.id}`, buildId: build.id, text: `build ${build.id} ${text}` });
  checkNumbers(build.events, report);
  const state = retrace(build, report);
  if (!isEnd(build.state)) report('stuck', `is still ${build.state}, although its jobs say ${state}`);
  else if (build.state !== state) report('wrong', `is ${build.state}, but its jobs and events say ${state}`);
  return findings;
}

function checkNumbers(events: readonly EventEvidence[], report: (kind: Kind, text: string) => void): void {
  events.forEach(({ seq }, i) => {
    const before = events[i - 1]?.seq ?? 0;
    if (seq === before) report('doubled', `has two events with the number ${seq}`);
    else if (seq !== before + 1) report('lost', `has a gap in its events: ${before} is followed by ${seq}`);
  });
}

/** Goes through the events and compares each of the build's with what its jobs make necessary. @returns the end state */
function retrace(build: BuildEvidence, report: (kind: Kind, text: string) => void): string {
  const jobs = new Map(build.jobs.map((job) => [job.id, { ...job, state: 'created' }]));
  let state = 'created';
  let told: EventEvidence[] = [];
  for (const event of build.events) {
    if (event.jobId === null) {
      told.push(event);
      continue;
    }
    const job = jobs.get(event.jobId);
    if (!job) {
      report('wrong', `has an event of job ${event.jobId}, which is not its own`);
      continue;
    }
    job.state = event.name === 'job:restarted' ? 'created' : event.state;
    const due = dueEvent(state, event.name, [...jobs.values()]);
    compare(event, due, told, report);
    told = [];
    if (due) state = due.state;
  }
  for (const { name, seq } of told) report('wrong', `tells ${name} (${seq}) without a job that caused it`);
  return state;
}

/** What the build has to say when a job did this; its state then. */
function dueEvent(
  before: string,
  cause: string,
  jobs: readonly JobOfBuild[],
): { readonly name: string; readonly state: string } | null {
  if (cause === 'job:restarted') return { name: 'build:restarted', state: 'created' };
  if (cause === 'job:started') return before === 'created' ? { name: 'build:started', state: 'started' } : null;
  const over = !isEnd(before) && jobs.every(({ state }) => isEnd(state));
  if (!over) return null;
  if (cause === 'job:finished') return { name: 'build:finished', state: buildResult(jobs, false) };
  return cause === 'job:canceled' ? { name: 'build:canceled', state: buildResult(jobs, true) } : null;
}

function compare(
  { name: cause, seq }: EventEvidence,
  due: { readonly name: string; readonly state: string } | null,
  told: readonly EventEvidence[],
  report: (kind: Kind, text: string) => void,
): void {
  const right = told.filter(({ name }) => name === due?.name);
  if (due && right.length === 0) report('lost', `never told ${due.name}, which ${cause} (${seq}) makes necessary`);
  if (right.length > 1) report('doubled', `told ${due?.name ?? ''} ${right.length} times`);
  for (const event of told.filter(({ name }) => name !== due?.name)) {
    const doubled = CAUSES[event.name] === cause;
    report(doubled ? 'doubled' : 'wrong', `told ${event.name} (${event.seq}), which ${cause} (${seq}) does not cause`);
  }
  for (const event of right) {
    if (event.state !== due?.state) {
      report('wrong', `told ${event.name} (${event.seq}) as ${event.state}, its jobs make it ${due?.state ?? ''}`);
    }
  }
}
