import { Module } from '@nestjs/common';
import { BuildsModule } from '../builds';
import { JobsModule } from '../jobs';
import { CommandApplier } from './apply-command';
import { Batcher } from './batcher';
import { ParkedMessages } from './parked/parked-messages';
import { ParkedReplay } from './parked/parked-replay';
import { BatchRunner } from './run-batch';

/**
 * How commands are applied, without anybody who brings any: nothing in here works by itself. The command line stands on
 * it as the intake does, and so replays a parked message beside a running Hub.
 */
@Module({
  imports: [JobsModule, BuildsModule],
  providers: [CommandApplier, Batcher, BatchRunner, ParkedMessages, ParkedReplay],
  exports: [CommandApplier, Batcher, BatchRunner, ParkedMessages, ParkedReplay],
})
export class ApplyingModule {}
