import { Module } from '@nestjs/common';
import { IntakeModule } from '../intake';
import { Retention } from './retention';
import { StaleJobs } from './stale-jobs';

/** What has to be done from time to time. */
@Module({ imports: [IntakeModule], providers: [Retention, StaleJobs] })
export class SweeperModule {}
