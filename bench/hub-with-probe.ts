import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { EVENT_NAMES } from '../src/contracts/event';
import { EventBus } from '../src/events';
import { bootstrap } from '../src/main';
import { answerParent, sharedClock } from './child';

/**
 * Hub as `npm start` runs it, plus one subscriber that notes when each event of a job was committed: what the bench
 * measures publish-to-commit with. `hub.events.at` is the batch's clock before its commit, so it would not do.
 */

export interface Commits {
  readonly jobIds: Float64Array;
  /** Index into EVENT_NAMES. */
  readonly names: Uint8Array;
  /** On the shared clock. */
  readonly times: Float64Array;
}

/** Lists of numbers, not of objects: hundreds of thousands of notes shall not count as Hub's memory. */
const noNotes = () => ({ jobs: [] as number[], names: [] as number[], times: [] as number[] });
/** Nothing is noted before somebody asks: of a backlog nobody does, and its notes would take ten megabytes. */
let noted: ReturnType<typeof noNotes> | null = null;

@Injectable()
class Probe {
  constructor(bus: EventBus) {
    bus.onCommitted((events) => {
      if (noted === null) return;
      const time = sharedClock();
      for (const { job_id: job, name } of events) {
        if (job === null) continue;
        noted.jobs.push(job);
        noted.names.push((EVENT_NAMES as readonly string[]).indexOf(name));
        noted.times.push(time);
      }
    });
  }
}

@Module({ providers: [Probe] })
class ProbeModule {}

/** What was noted since the last time; from the first time on it is. */
function takeCommits(): Commits {
  const { jobs, names, times } = noted ?? noNotes();
  noted = noNotes();
  return { jobIds: Float64Array.from(jobs), names: Uint8Array.from(names), times: Float64Array.from(times) };
}

async function main(): Promise<void> {
  const hub = await bootstrap(process.env, { imports: [ProbeModule] });
  process.on('SIGTERM', () => void hub.stop().finally(() => process.exit(0)));
}

answerParent({ commits: takeCommits });
void main();
