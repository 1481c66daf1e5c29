import type { IsoTime, JobSnapshot, LoggedEvent } from '../contracts/event';
import { eventLag, jobPhase, transitionsTotal } from './metrics';

/** Which time of a job says when the worker saw the thing happen. */
const REPORTED_AT = {
  'job:received': 'received_at',
  'job:started': 'started_at',
  'job:finished': 'finished_at',
} as const;

type TimeOf = 'queued_at' | 'received_at' | 'started_at' | 'finished_at';

/** Which phases of a job are over with an event. Travis Hub measures the same. */
const PHASES: Readonly<Record<string, readonly (readonly [string, TimeOf, TimeOf])[]>> = {
  'job:received': [['queue', 'queued_at', 'received_at']],
  'job:started': [['boot', 'received_at', 'started_at']],
  'job:finished': [
    ['run', 'started_at', 'finished_at'],
    ['total', 'received_at', 'finished_at'],
  ],
};

/** Counts what a batch committed, and how long after the fact. Workers give whole seconds and their own clock. */
export function recordTransitions(events: readonly LoggedEvent[], now: Date = new Date()): void {
  for (const { name, snapshot } of events) {
    // Builds name their deploys as they like: as labels these would be without end.
    transitionsTotal.inc({ event: name.startsWith('deploy:') ? 'deploy' : name });
    if (!(name in REPORTED_AT)) continue;
    if (snapshot.job) recordPhases(name, snapshot.job);
    const reported = snapshot.job?.[REPORTED_AT[name as keyof typeof REPORTED_AT]];
    if (reported != null)
      eventLag.observe({ event: name }, Math.max(0, (now.getTime() - Date.parse(reported)) / 1_000));
  }
}

function recordPhases(event: string, job: JobSnapshot): void {
  for (const [phase, from, to] of PHASES[event] ?? []) {
    const seconds = secondsBetween(job[from], job[to]);
    if (seconds !== null) jobPhase.observe({ phase, queue: job.queue ?? '' }, seconds);
  }
}

/** Null unless both are known; clocks of different machines may differ. */
function secondsBetween(from: IsoTime | null, to: IsoTime | null): number | null {
  return from == null || to == null ? null : Math.max(0, (Date.parse(to) - Date.parse(from)) / 1_000);
}
