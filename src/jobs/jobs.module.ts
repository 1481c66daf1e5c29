import { Module } from '@nestjs/common';
import { JobRuns } from './job-runs';
import { JobsService } from './jobs.service';

/** Jobs and their state machine. */
@Module({
  providers: [JobRuns, JobsService],
  exports: [JobsService],
})
export class JobsModule {}
