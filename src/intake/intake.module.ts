import { Module } from '@nestjs/common';
import { BROKER_STATUS } from '../contracts/broker-status';
import { ApplyingModule } from './applying.module';
import { MessagesController } from './messages.controller';
import { ParkedRetry } from './parked/parked-retry';
import { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';

/** Where commands come in and are applied. */
@Module({
  imports: [ApplyingModule],
  controllers: [MessagesController],
  providers: [
    ParkedRetry,
    RabbitmqIntake,
    // An alias, not a factory: Nest would call the lifecycle hooks of what a factory returns a second time.
    { provide: BROKER_STATUS, useExisting: RabbitmqIntake },
  ],
  exports: [ApplyingModule, RabbitmqIntake, BROKER_STATUS],
})
export class IntakeModule {}
