import type { AutoCancel } from '../contracts/command';
import type { CommandContext } from '../events';
import type { JobRecord, SideEffect } from '../unit-of-work';

/**
 * Has the workers told to stop this job: `cancel_job` on `worker.commands` (wire.md §3.1). At most once per job and
 * command (fixes B30).
 */
export function tellWorkerToStop(context: CommandContext, job: JobRecord, reason = reasonOf(context)): void {
  const { sideEffects } = context.uow;
  if (context.told.has(job.id)) return;
  context.told.add(job.id);
  sideEffects.push({ channel: 'worker-commands', jobId: job.id, run: job.run, payload: { reason } });
}

/** Has the log of a job that starts over emptied. */
export function clearLog(context: CommandContext, job: JobRecord): void {
  context.uow.sideEffects.push({ channel: 'log-clear', jobId: job.id, run: job.run, payload: {} });
}

/** Has the log of a job replaced by these words. */
export function replaceLog(context: CommandContext, job: JobRecord, text: string): void {
  context.uow.sideEffects.push({ channel: 'log-replace', jobId: job.id, run: job.run, payload: { text } });
}

/** What the log of a job that was reset too often says instead of all that was in it (wire.md §5.1). */
export const RESETS_LIMITED_LOG =
  'Automatic restarts limited: Please try restarting this job later or contact support@travis-ci.com.';

/** The words that an auto-canceled job's log ends with. */
export function autoCancelLogPart(job: JobRecord, auto: AutoCancel): SideEffect {
  return { channel: 'log-part', jobId: job.id, run: job.run, payload: { text: autoCancelText(auto), final: true } };
}

/**
 * Why a job was canceled for a newer build, as its log says it (wire.md §5.1).
 *
 * Whatever the message leaves out or nobody knows is left out here too, and the sentence about priority builds, which
 * Travis Hub puts into the middle of the other one, stands alone (fixes B13).
 */
export function autoCancelText(auto: AutoCancel): string {
  if (auto.event === 'api') return 'This job was cancelled due to other priority builds.\n\n';
  const build = auto.number === undefined ? 'a more recent build' : `a more recent build (#${auto.number})`;
  return (
    'This job was cancelled because the "Auto Cancellation" feature is currently enabled, and ' +
    `${build} for ${subjectOf(auto)} came in while this job was waiting to be processed.\n\n`
  );
}

function subjectOf({ event, branch, pullRequestNumber }: AutoCancel): string {
  if (event === 'pull_request') {
    return pullRequestNumber === undefined ? 'the same pull request' : `pull request #${pullRequestNumber}`;
  }
  return branch === undefined ? 'the same branch' : `branch ${branch}`;
}

function reasonOf({ command }: CommandContext): string {
  return (
    command.reason ?? (command.subject === 'job' ? 'Job Cancelled: Reason unknown' : 'Build Cancelled: Reason unknown')
  );
}
