import { Module } from '@nestjs/common';
import { BuildsModule } from '../builds';
import { JobsModule } from '../jobs';
import { Batcher } from './batcher';
import { CommandApplier } from './apply-command';
import { BatchRunner } from './run-batch';

/** Where commands come in and are applied. */
@Module({
  imports: [JobsModule, BuildsModule],
  providers: [CommandApplier, Batcher, BatchRunner],
  exports: [CommandApplier, Batcher, BatchRunner],
})
export class IntakeModule {}
