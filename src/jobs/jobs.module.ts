import { Module } from '@nestjs/common';
import { JobResets } from './job-resets';
import { JobRuns } from './job-runs';
import { JobsService } from './jobs.service';
import { ReconcileSubscriber } from './reconcile.subscriber';

/** Jobs and their state machine. */
@Module({
  providers: [JobResets, JobRuns, JobsService, ReconcileSubscriber],
  exports: [JobsService],
})
export class JobsModule {}
