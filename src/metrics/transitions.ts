import type { LoggedEvent } from '../contracts/event';
import { eventLag, transitionsTotal } from './metrics';

/** Which time of a job says when the worker saw the thing happen. */
const REPORTED_AT = {
  'job:received': 'received_at',
  'job:started': 'started_at',
  'job:finished': 'finished_at',
} as const;

/** Counts what a batch committed, and how long after the fact. Workers give whole seconds and their own clock. */
export function recordTransitions(events: readonly LoggedEvent[], now: Date = new Date()): void {
  for (const { name, snapshot } of events) {
    // Builds name their deploys as they like: as labels these would be without end.
    transitionsTotal.inc({ event: name.startsWith('deploy:') ? 'deploy' : name });
    if (!(name in REPORTED_AT)) continue;
    const reported = snapshot.job?.[REPORTED_AT[name as keyof typeof REPORTED_AT]];
    if (reported != null)
      eventLag.observe({ event: name }, Math.max(0, (now.getTime() - Date.parse(reported)) / 1_000));
  }
}
