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

let noted: { job: number; name: number; time: number }[] = [];

@Injectable()
class Probe {
  constructor(bus: EventBus) {
    bus.onCommitted((events) => {
      const time = sharedClock();
      for (const { job_id: job, name } of events) {
        if (job !== null) noted.push({ job, name: EVENT_NAMES.indexOf(name), time });
      }
    });
  }
}

@Module({ providers: [Probe] })
class ProbeModule {}

function takeCommits(): Commits {
  const taken = noted;
  noted = [];
  return {
    jobIds: Float64Array.from(taken, ({ job }) => job),
    names: Uint8Array.from(taken, ({ name }) => name),
    times: Float64Array.from(taken, ({ time }) => time),
  };
}

async function main(): Promise<void> {
  const hub = await bootstrap(process.env, { imports: [ProbeModule] });
  process.on('SIGTERM', () => void hub.stop().finally(() => process.exit(0)));
}

answerParent({ commits: takeCommits });
void main();
