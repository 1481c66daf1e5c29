import { Module } from '@nestjs/common';
import { BuildsModule } from '../builds';
import { JobsModule } from '../jobs';
import { Batcher } from './batcher';
import { BatchRunner } from './run-batch';

/** Where commands come in and are applied. */
@Module({
  imports: [JobsModule, BuildsModule],
  providers: [Batcher, BatchRunner],
  exports: [Batcher, BatchRunner],
})
export class IntakeModule {}
