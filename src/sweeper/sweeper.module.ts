import { Module } from '@nestjs/common';
import { DoctorModule } from '../doctor';
import { IntakeModule } from '../intake';
import { Reconciler } from './reconciler';
import { Retention } from './retention';
import { StaleJobs } from './stale-jobs';

/** What has to be done from time to time. */
@Module({ imports: [IntakeModule, DoctorModule], providers: [Reconciler, Retention, StaleJobs] })
export class SweeperModule {}
