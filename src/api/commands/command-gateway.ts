import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RejectedCommand, type Command, type Outcome } from '../../contracts/command';
import { Batcher, StoppingError } from '../../intake';
import { Problem, notFound } from '../problems/problem';
import { unavailable } from '../problems/problem-of';

/** How long a caller is kept waiting while the database is away, in milliseconds; as for a worker's PATCH (rulings). */
const PATIENCE_MS = 20_000;

/** Sends the commands of API callers down the same path as a worker's messages, and words what became of them. */
@Injectable()
export class CommandGateway {
  constructor(private readonly batcher: Batcher) {}

  /**
   * Resolves once the command has changed something and that is committed.
   *
   * @throws Problem 404 when there is no such job or build, 409 with the reason when nothing was changed, 503 when Hub
   *   stops or the database stays away; the command may then still be carried out later
   */
  async submit(command: Command): Promise<void> {
    const outcome = await this.outcomeOf(command);
    if (outcome.kind === 'changed' || outcome.reason === 'redelivered') return;
    throw new Problem('conflict', {
      detail: `The ${command.name} changed nothing: ${inWords(command, outcome.reason)}`,
      reason: outcome.reason,
    });
  }

  /**
   * As {@link submit}, for callers that are told whether something changed.
   *
   * @throws Problem 404 or 503
   */
  async outcomeOf(command: Command): Promise<Outcome> {
    // The answer to a COMMIT may be lost: the batcher then tries again, and must know by its name what was done already.
    const message = { fingerprint: `http:${randomUUID()}`, redelivered: false, onlyIfChanged: true };
    let timer: NodeJS.Timeout | undefined;
    const giveUp = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(unavailable('The database does not answer.')), PATIENCE_MS);
    });
    try {
      return await Promise.race([this.batcher.submit({ message, ...command }), giveUp]);
    } catch (error) {
      throw problemOfRejection(command, error);
    } finally {
      clearTimeout(timer);
    }
  }
}

const IN_WORDS: Readonly<Record<string, string>> = {
  already_created: 'it waits to be queued already.',
  cancellation_disabled: 'cancellations are switched off on this server (CANCELLATION_DISABLED).',
  config_error: 'its config could not be used. Create a new build with a corrected one.',
};

function inWords(command: Command, reason: string): string {
  const state = /^(?:job|build)_is_(.+)$/.exec(reason)?.[1];
  return `${subject(command)}: ${state ? `it is ${state}.` : (IN_WORDS[reason] ?? `${reason}.`)}`;
}

function problemOfRejection(command: Command, error: unknown): unknown {
  if (error instanceof StoppingError) return unavailable('Hub is stopping; another replica may answer.', error);
  if (!(error instanceof RejectedCommand)) return error;
  if (error.reason === 'unknown_job' || error.reason === 'unknown_build') return notFound(subject(command));
  return new Problem('unprocessable', { detail: `${subject(command)}: ${error.message}`, cause: error });
}

function subject(command: Command): string {
  return `${command.subject} ${command.id}`;
}
