import { Module } from '@nestjs/common';
import { BuildsModule } from '../builds';
import { BROKER_STATUS } from '../contracts/broker-status';
import { JobsModule } from '../jobs';
import { logger } from '../logging';
import { countMessage } from '../metrics';
import { RedisModule } from '../redis';
import { Batcher } from './batcher';
import { CommandApplier } from './apply-command';
import { FailurePolicy } from './failure-policy';
import { MessageHandler } from './message-handler';
import { MessagesController } from './messages.controller';
import { ParkedMessages } from './parked/parked-messages';
import { ParkedReplay } from './parked/parked-replay';
import { ParkedRetry } from './parked/parked-retry';
import { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';
import { BatchRunner } from './run-batch';
import { SidekiqIntake } from './sidekiq/sidekiq-intake';
import { Transports } from './transports';

const log = logger.child({ component: 'intake' });

/** Where commands come in and are applied. */
@Module({
  imports: [JobsModule, BuildsModule, RedisModule],
  controllers: [MessagesController],
  providers: [
    CommandApplier,
    Batcher,
    BatchRunner,
    {
      provide: FailurePolicy,
      useFactory: () => new FailurePolicy(log, (type) => countMessage(type, 'retried')),
    },
    MessageHandler,
    ParkedMessages,
    ParkedReplay,
    ParkedRetry,
    RabbitmqIntake,
    SidekiqIntake,
    Transports,
    // An alias, not a factory: Nest would call the lifecycle hooks of what a factory returns a second time.
    { provide: BROKER_STATUS, useExisting: RabbitmqIntake },
  ],
  exports: [
    CommandApplier,
    Batcher,
    BatchRunner,
    ParkedMessages,
    ParkedReplay,
    RabbitmqIntake,
    SidekiqIntake,
    Transports,
    BROKER_STATUS,
  ],
})
export class IntakeModule {}
