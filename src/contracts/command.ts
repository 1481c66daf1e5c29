import type { DeployEventName, DeployReport } from './event';
import type { JobState, Result } from './states';

/** What a worker, the API or another service asks of a job. */
export const JOB_COMMANDS = ['receive', 'start', 'finish', 'cancel', 'restart', 'reset'] as const;
export type JobCommandName = (typeof JOB_COMMANDS)[number];

/** What another service asks of a build as a whole. */
export const BUILD_COMMANDS = ['create', 'start', 'finish', 'cancel', 'restart'] as const;
export type BuildCommandName = (typeof BUILD_COMMANDS)[number];

/** The only keys of a message that may ever reach a column. All times are UTC. */
export interface CommandData {
  readonly state?: Result;
  readonly queuedAt?: Date;
  readonly receivedAt?: Date;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly vmSize?: string;
  /** Id of the user who asked for a restart. */
  readonly restartedBy?: number;
}

/** Which worker run a message belongs to and how far that run had come when it was sent. */
export interface WorkerRun {
  /** `meta.uuid`: one per run of a job on a worker. */
  readonly uuid: string;
  /** `meta.state_update_count`: grows within one run; 0 is a valid value. */
  readonly count: number;
}

/** A build canceled because a newer one made it pointless; the words go into the job's log. */
export interface AutoCancel {
  readonly event?: string;
  readonly number?: string;
  readonly branch?: string;
  readonly pullRequestNumber?: string;
}

/** Recognises a message that was applied but not acknowledged, for senders that number nothing. */
export interface MessageIdentity {
  /** Hash of type, body and properties; or, after its kind and a colon, an id that is given once: `sidekiq:<jid>`. */
  readonly fingerprint: string;
  /** It may have been seen before, so it is looked up. */
  readonly redelivered: boolean;
  /** Remember it only if it changed something, because its sender is told whether it did. */
  readonly onlyIfChanged?: boolean;
}

interface CommandBase {
  /** Id of the job or the build. */
  readonly id: number;
  readonly data: CommandData;
  readonly run?: WorkerRun;
  readonly instanceId?: string;
  /** Told to the workers when the command cancels something. */
  readonly reason?: string;
  readonly autoCancel?: AutoCancel;
  /** When the sender published the message, if it said so. */
  readonly sentAt?: Date;
  /** Leave the job alone when its row was written after this: whoever found it stale was overtaken. */
  readonly untouchedSince?: Date;
  /** The worker took a trace of the run that a finish ends. */
  readonly trace?: true;
  /** How to recognise the very same message or request when it is tried again. */
  readonly message?: MessageIdentity;
}

export interface JobCommand extends CommandBase {
  readonly subject: 'job';
  readonly name: JobCommandName;
}

export interface BuildCommand extends CommandBase {
  readonly subject: 'build';
  readonly name: BuildCommandName;
}

/** A report that changes nothing: it is kept as an event of its job. */
export interface DeployCommand extends CommandBase {
  readonly subject: 'job';
  readonly name: 'deploy';
  readonly event: DeployEventName;
  readonly deploy: DeployReport;
}

/**
 * Hub's own wish, never taken from outside: bring a build's rows in line with its jobs, and tell what nobody was told.
 */
export interface ReconcileCommand extends CommandBase {
  readonly subject: 'build';
  readonly name: 'reconcile';
  /** Number of the build's last event when it was looked at: if it has more by now, it is left alone. */
  readonly seenSeq: number;
  /** Jobs whose state is not the one that was last told. */
  readonly untoldJobs: readonly number[];
  /** The build's own state is not the one that was last told. */
  readonly untoldBuild: boolean;
  /** Jobs that wait for a scheduler without being in `queueable_jobs`. */
  readonly unqueueable: readonly number[];
}

/** One typed, validated wish. Everything that arrives becomes one of these before anything is decided. */
export type Command = JobCommand | BuildCommand | DeployCommand | ReconcileCommand;

/** What became of a command. Only `changed` leaves a trace that others see. */
export type Outcome = (
  | { readonly kind: 'changed' }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
) & {
  /** The build that the command was about, for whoever reports on it. */
  readonly buildId?: number;
  /** The state of the job that the command was about, after it. */
  readonly jobState?: JobState;
};

/** `job:finish`, `build:cancel`, … as it stands in the AMQP `type` property. */
export function commandType(command: Command): string {
  if (command.name === 'deploy') return command.event;
  return `${command.subject}:${command.name}`;
}

/** Why a message can never be applied, however often it is tried. */
export type RejectReason =
  | 'not_json'
  | 'not_an_object'
  | 'no_type'
  | 'unknown_type'
  | 'unusable_id'
  | 'unusable_result'
  | 'unknown_job'
  | 'unknown_build'
  | 'failed';

/** Thrown for a message that no retry will mend: it is parked with its reason, never dropped. */
export class RejectedCommand extends Error {
  constructor(
    readonly reason: RejectReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'RejectedCommand';
  }
}
