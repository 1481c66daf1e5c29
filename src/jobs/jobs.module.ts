import { Module } from '@nestjs/common';
import { JobResets } from './job-resets';
import { JobRuns } from './job-runs';
import { JobsService } from './jobs.service';

/** Jobs and their state machine. */
@Module({
  providers: [JobResets, JobRuns, JobsService],
  exports: [JobsService],
})
export class JobsModule {}
