import { EVENT_NAMES, type EventName } from '../src/contracts/event';
import type { Commits } from './hub-with-probe';
import type { Published } from './publisher';
import type { SeededTraffic } from './seed';
import type { Step } from './traffic';

/** From handing a message to the broker until its effect was committed, in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly worst: number;
  /** How many messages it was measured on. */
  readonly samples: number;
}

/** The first messages find cold caches and code that is not compiled yet; they are not what operation is like. */
const WARM_UP = 0.1;

const EVENT_OF: Readonly<Record<Step, EventName | null>> = {
  receive: 'job:received',
  start: 'job:started',
  reset: 'job:restarted',
  cancel: 'job:canceled',
  passed: 'job:finished',
  failed: 'job:finished',
  errored: 'job:finished',
  // The job is canceled already: there is no event to see it by.
  cancelled: null,
};

/**
 * Joins the publisher's times with those of the commits, by job and event.
 *
 * @param builds only messages of these builds count; all when left out
 */
export function latencyOf(
  { traffic, jobIds }: SeededTraffic,
  { sentAt }: Published,
  commits: readonly Commits[],
  builds: (build: number) => boolean = () => true,
): Latency {
  const committed = timesByEvent(commits);
  const took: number[] = [];
  traffic.messages.forEach(({ build, job, step }, i) => {
    const said = traffic.builds[build]?.jobs[job]?.steps[step];
    const event = said && EVENT_OF[said];
    if (!event) return;
    const time = committed.get(keyOf(jobIds[build]?.[job] ?? 0, EVENT_NAMES.indexOf(event)))?.shift();
    if (time === undefined || i < sentAt.length * WARM_UP || !builds(build)) return;
    took.push(time - (sentAt[i] ?? 0));
  });
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1), samples: took.length };
}

/** A job that is reset is received twice: times stand in order. */
function timesByEvent(commits: readonly Commits[]): Map<number, number[]> {
  const times = new Map<number, number[]>();
  for (const { jobIds, names, times: at } of commits) {
    jobIds.forEach((job, i) => {
      const key = keyOf(job, names[i] ?? 0);
      const list = times.get(key);
      if (list) list.push(at[i] ?? NaN);
      else times.set(key, [at[i] ?? NaN]);
    });
  }
  return times;
}

function keyOf(job: number, name: number): number {
  return job * EVENT_NAMES.length + name;
}
