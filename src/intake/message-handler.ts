import { Injectable } from '@nestjs/common';
import type { Command, Outcome } from '../contracts/command';
import { commandType } from '../contracts/command';
import { faultPoint } from '../faults';
import { logger } from '../logging';
import { countMessage, timeMessage } from '../metrics';
import type { MessageOutcome } from '../metrics';
import { Batcher } from './batcher';
import type { IncomingMessage } from './incoming-message';
import { readMessage } from './normalise';

const log = logger.child({ component: 'intake' });

/** Makes a message a command and has it applied, whichever transport it came over. */
@Injectable()
export class MessageHandler {
  constructor(private readonly batcher: Batcher) {}

  /**
   * Resolves after the commit: only then may the message be acked.
   * @throws what the FailurePolicy judges: RejectedCommand, StoppingError, or the database's error
   */
  async apply(message: IncomingMessage): Promise<void> {
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
