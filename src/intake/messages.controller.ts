import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { IncomingMessage } from './incoming-message';
import { MessageHandler } from './message-handler';
import { UNACCEPTED } from './rabbitmq/message-deserializer';
import { RethrowFilter } from './rabbitmq/rethrow.filter';

/**
 * Step 1 of the flow: messages from RabbitMQ become commands.
 *
 * A pattern is the AMQP property `type` without `:test`, so that `job:test:start` comes in as `job:start`. A handler
 * resolves after the commit; only then is the message acked. What it throws is judged by the FailurePolicy.
 */
@Controller()
@UseFilters(RethrowFilter)
export class MessagesController {
  constructor(private readonly messages: MessageHandler) {}

  @EventPattern<string[]>([
    'job:receive',
    'job:start',
    'job:finish',
    'job:reset',
    'job:restart',
    'job:cancel',
    'job:deploy',
  ])
  changeJob(@Payload() message: IncomingMessage): Promise<void> {
    return this.messages.apply(message);
  }

  @EventPattern<string[]>(['build:create', 'build:start', 'build:finish', 'build:cancel', 'build:restart'])
  changeBuild(@Payload() message: IncomingMessage): Promise<void> {
    return this.messages.apply(message);
  }

  /** Nest would drop a message that has no handler; the normaliser rejects it, so it is parked. */
  @EventPattern(UNACCEPTED)
  refuse(@Payload() message: IncomingMessage): Promise<void> {
    return this.messages.apply(message);
  }
}
