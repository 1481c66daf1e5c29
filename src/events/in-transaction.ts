import { SetMetadata } from '@nestjs/common';
import type { Command } from '../contracts/command';
import type { EventName } from '../contracts/event';
import type { BuildRecord, JobRecord, StageRecord, UnitOfWork } from '../unit-of-work';

/** What a command and its batch give to everything that follows from it. */
export interface CommandContext {
  readonly uow: UnitOfWork;
  readonly command: Command;
  /** Set once the build itself was restarted or created by this command: it is told about once (fixes B15). */
  buildAnnounced: boolean;
  /** Jobs whose workers this command has had told to stop: once is enough (fixes B30). */
  readonly told: Set<number>;
}

/** A job changed. */
export interface JobEvent {
  readonly context: CommandContext;
  readonly job: JobRecord;
  /** Its stage and build are dealt with already: a stage before it did not pass, or the whole build is brought in line. */
  readonly byCascade: boolean;
}

/** A build changed. */
export interface BuildEvent {
  readonly context: CommandContext;
  readonly build: BuildRecord;
}

/** A command for a whole build, to be carried out on each of its jobs. */
export interface BuildCommanded {
  readonly context: CommandContext;
  readonly build: BuildRecord;
}

/** A build's rows are brought in line: its jobs first. */
export interface BuildReconciled {
  readonly context: CommandContext;
  readonly build: BuildRecord;
  /** Jobs whose state is not the one that was last told. */
  readonly untold: readonly JobRecord[];
  /** Jobs that wait for a scheduler without being in `queueable_jobs`. */
  readonly unqueueable: readonly JobRecord[];
}

/** A stage ended without passing: these jobs will not run any more. */
export interface StageFailed {
  readonly context: CommandContext;
  readonly stage: StageRecord;
  readonly pending: readonly JobRecord[];
}

/** Everything that can be heard inside the transaction. Names outside {@link EventName} are signals: heard, not logged. */
export type InTransactionEvents = {
  [N in EventName]: N extends `job:${string}` ? JobEvent : BuildEvent;
} & {
  'build:commanded': BuildCommanded;
  'build:reconciled': BuildReconciled;
  'stage:failed': StageFailed;
  /** The same result was reported again; only empty times may be filled. */
  'job:repeated': JobEvent;
};

export type InTransactionName = keyof InTransactionEvents;

/** Metadata key under which {@link InTransaction} notes the event names of a method. */
export const IN_TRANSACTION = 'hub:in-transaction';

/**
 * Subscribes a provider's method to events inside the transaction that causes them.
 *
 * The method is called synchronously with the event, must return nothing, and an error it throws rolls everything
 * back (D4). Use this and not `@OnEvent`, which is asynchronous and swallows errors.
 */
export function InTransaction<N extends InTransactionName>(...names: readonly N[]) {
  return <M extends (event: InTransactionEvents[N]) => void>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    SetMetadata(IN_TRANSACTION, names)(target, key, descriptor as PropertyDescriptor);
  };
}
