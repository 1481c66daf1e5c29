import { Module } from '@nestjs/common';
import { BuildsModule } from '../builds';
import { BROKER_STATUS } from '../contracts/broker-status';
import { JobsModule } from '../jobs';
import { Batcher } from './batcher';
import { CommandApplier } from './apply-command';
import { MessagesController } from './messages.controller';
import { ParkedMessages } from './parked/parked-messages';
import { ParkedReplay } from './parked/parked-replay';
import { ParkedRetry } from './parked/parked-retry';
import { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';
import { BatchRunner } from './run-batch';

/** Where commands come in and are applied. */
@Module({
  imports: [JobsModule, BuildsModule],
  controllers: [MessagesController],
  providers: [
    CommandApplier,
    Batcher,
    BatchRunner,
    ParkedMessages,
    ParkedReplay,
    ParkedRetry,
    RabbitmqIntake,
    // An alias, not a factory: Nest would call the lifecycle hooks of what a factory returns a second time.
    { provide: BROKER_STATUS, useExisting: RabbitmqIntake },
  ],
  exports: [CommandApplier, Batcher, BatchRunner, ParkedMessages, ParkedReplay, RabbitmqIntake, BROKER_STATUS],
})
export class IntakeModule {}
