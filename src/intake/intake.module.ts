import { Module } from '@nestjs/common';
import { BROKER_STATUS } from '../contracts/broker-status';
import { logger } from '../logging';
import { countMessage } from '../metrics';
import { RedisModule } from '../redis';
import { ApplyingModule } from './applying.module';
import { FailurePolicy } from './failure-policy';
import { MessageHandler } from './message-handler';
import { MessagesController } from './messages.controller';
import { ParkedRetry } from './parked/parked-retry';
import { RabbitmqIntake } from './rabbitmq/rabbitmq-intake';
import { SidekiqIntake } from './sidekiq/sidekiq-intake';
import { Transports } from './transports';

const log = logger.child({ component: 'intake' });

/** Where commands come in and are applied. */
@Module({
  imports: [ApplyingModule, RedisModule],
  controllers: [MessagesController],
  providers: [
    {
      provide: FailurePolicy,
      useFactory: () => new FailurePolicy(log, (type) => countMessage(type, 'retried')),
    },
    MessageHandler,
    ParkedRetry,
    RabbitmqIntake,
    SidekiqIntake,
    Transports,
    // An alias, not a factory: Nest would call the lifecycle hooks of what a factory returns a second time.
    { provide: BROKER_STATUS, useExisting: RabbitmqIntake },
  ],
  exports: [ApplyingModule, RabbitmqIntake, SidekiqIntake, Transports, BROKER_STATUS],
})
export class IntakeModule {}
