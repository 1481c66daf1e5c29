import { Controller, UseFilters } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import type { Command, Outcome } from '../contracts/command';
import { commandType } from '../contracts/command';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { countMessage, timeMessage } from '../metrics';
import type { MessageOutcome } from '../metrics';
import { Batcher } from './batcher';
import { readMessage } from './normalise';
import type { IncomingMessage } from './rabbitmq/incoming-message';
import { UNACCEPTED } from './rabbitmq/message-deserializer';
import { RethrowFilter } from './rabbitmq/rethrow.filter';

const log = logger.child({ component: 'intake' });

/**
 * Step 1 of the flow: messages from RabbitMQ become commands.
 *
 * A pattern is the AMQP property `type` without `:test`, so that `job:test:start` comes in as `job:start`. A handler
 * resolves after the commit; only then is the message acked. What it throws is judged by the FailurePolicy.
 */
@Controller()
@UseFilters(RethrowFilter)
export class MessagesController {
  constructor(private readonly batcher: Batcher) {}

  @EventPattern<string[]>(['job:receive', 'job:start', 'job:finish', 'job:reset', 'job:restart', 'job:cancel'])
  changeJob(@Payload() message: IncomingMessage): Promise<void> {
    return this.apply(message);
  }

  @EventPattern<string[]>(['build:create', 'build:start', 'build:finish', 'build:cancel', 'build:restart'])
  changeBuild(@Payload() message: IncomingMessage): Promise<void> {
    return this.apply(message);
  }

  /** Nest would drop a message that has no handler; the normaliser rejects it, so it is parked. */
  @EventPattern(UNACCEPTED)
  refuse(@Payload() message: IncomingMessage): Promise<void> {
    return this.apply(message);
  }

  private async apply(message: IncomingMessage): Promise<void> {
    faultPoint('after-receive');
    const begun = performance.now();
    const { command, warnings } = readMessage(message.type, message.body, message.sentAt);
    if (warnings.length > 0) {
      log.warn({ ...about(command), warnings }, 'parts of a message are not usable and left out');
    }

    // A sender that numbers its messages is recognised by that.
    const outcome = await this.batcher.submit(command.run ? command : { ...command, message: message.identity });
    const ms = performance.now() - begun;
    countMessage(message.type, countedAs(outcome));
    timeMessage(message.type, ms / 1000);
    if (!log.isLevelEnabled('debug')) return;
    const reason = outcome.kind === 'changed' ? undefined : outcome.reason;
    log.debug(
      { ...about(command), build: outcome.buildId, outcome: outcome.kind, reason, ms: Math.round(ms * 10) / 10 },
      'message applied',
    );
  }
}

function about(command: Command): Record<string, unknown> {
  return { type: commandType(command), [command.subject]: command.id };
}

/** Reasons for ignoring a message that was seen before, or that a later one of its run has overtaken (D6). */
const SEEN_BEFORE: ReadonlySet<string> = new Set(['redelivered', 'overtaken', 'older_run']);

function countedAs(outcome: Outcome): MessageOutcome {
  if (outcome.kind === 'changed') return 'applied';
  if (outcome.kind === 'refused') return 'refused';
  return SEEN_BEFORE.has(outcome.reason) ? 'duplicate' : 'ignored';
}
