import { Injectable } from '@nestjs/common';
import { BuildsService } from '../builds';
import { RejectedCommand, type Command, type Outcome } from '../contracts/command';
import type { CommandContext } from '../events';
import { JobsService } from '../jobs';
import type { UnitOfWork } from '../unit-of-work';

/** What became of one command of a batch; a rejected one did not disturb the others. */
export type CommandResult = Outcome | RejectedCommand;

/** Applies one command to the rows in memory. No I/O: what it decides is written by the batch. */
@Injectable()
export class CommandApplier {
  constructor(
    private readonly jobs: JobsService,
    private readonly builds: BuildsService,
  ) {}

  /**
   * Hands the command to the module that owns what it names.
   *
   * @returns a RejectedCommand when there is no such job or build
   * @throws whatever an in-transaction subscriber throws
   */
  apply(uow: UnitOfWork, command: Command): CommandResult {
    // A sender that numbers its messages needs no such memory: the order guard recognises its repeats.
    const fingerprint = command.run ? undefined : command.message?.fingerprint;
    if (fingerprint !== undefined && wasApplied(uow, fingerprint, command.message?.redelivered)) {
      const jobState = command.subject === 'job' ? uow.jobs.get(command.id)?.state : undefined;
      return { kind: 'ignored', reason: 'redelivered', ...(jobState && { jobState }) };
    }
    const result = this.applyToSubject(uow, command);
    // What is rejected is parked and comes again: it must not pass for applied then.
    const applied =
      !(result instanceof RejectedCommand) && (result.kind === 'changed' || !command.message?.onlyIfChanged);
    if (fingerprint !== undefined && applied) uow.rememberedMessages.add(fingerprint);
    return result;
  }

  private applyToSubject(uow: UnitOfWork, command: Command): CommandResult {
    const context: CommandContext = { uow, command, buildAnnounced: false, told: new Set() };
    if (command.subject === 'build') {
      const build = uow.builds.get(command.id);
      return build ? { ...this.builds.apply(context, build), buildId: build.id } : unknown(command, 'unknown_build');
    }
    const job = uow.jobs.get(command.id);
    if (!job) return unknown(command, 'unknown_job');
    const outcome = this.jobs.apply(context, job);
    return { ...outcome, buildId: job.buildId, jobState: job.state };
  }
}

/** Before this batch or, when it came twice, in it. */
function wasApplied(uow: UnitOfWork, fingerprint: string, redelivered = false): boolean {
  return uow.appliedMessages.has(fingerprint) || (redelivered && uow.rememberedMessages.has(fingerprint));
}

function unknown(command: Command, reason: 'unknown_job' | 'unknown_build'): RejectedCommand {
  return new RejectedCommand(
    reason,
    `there is no ${command.subject} ${command.id}: it is tried again by itself when the row appears`,
  );
}
