import { Injectable } from '@nestjs/common';
import type { EventName } from '../contracts/event';
import { isFinished, type JobState } from '../contracts/states';
import { EventBus, InTransaction, type BuildReconciled } from '../events';

/** What tells people of a job in a state that nobody told of. */
const TELLS: Readonly<Record<JobState, EventName & `job:${string}`>> = {
  created: 'job:restarted',
  queued: 'job:restarted',
  received: 'job:received',
  started: 'job:started',
  passed: 'job:finished',
  failed: 'job:finished',
  errored: 'job:finished',
  canceled: 'job:canceled',
};

/** Brings what hangs on the jobs of a build in line with their states, before the build itself is. */
@Injectable()
export class ReconcileSubscriber {
  constructor(private readonly bus: EventBus) {}

  @InTransaction('build:reconciled')
  onReconciled({ context, build, untold, unqueueable }: BuildReconciled): void {
    const { uow } = context;
    for (const job of uow.jobsOf(build.id)) {
      if (!isFinished(job.state)) continue;
      job.finishedAt ??= uow.now;
      uow.queueableChanges.set(job.id, 'delete');
    }
    for (const job of unqueueable) if (job.state === 'created') uow.queueableChanges.set(job.id, 'insert');
    // The build is brought in line by itself, from all of its jobs: no job's event may reach it.
    for (const job of untold) this.bus.publish(TELLS[job.state], { context, job, byCascade: true });
  }
}
