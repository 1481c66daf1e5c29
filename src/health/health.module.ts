import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { IntakeModule } from '../intake';
import { DatabasePing } from './database-ping';
import { HealthController } from './health.controller';
import { Lifecycle } from './lifecycle';
import { Readiness } from './readiness';

/** Answers the probes under /health. */
@Module({
  // Terminus would log every failed probe; the controller logs changes.
  imports: [TerminusModule.forRoot({ logger: false }), IntakeModule],
  controllers: [HealthController],
  providers: [Lifecycle, Readiness, DatabasePing],
  exports: [Lifecycle],
})
export class HealthModule {}
