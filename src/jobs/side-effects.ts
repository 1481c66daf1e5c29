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

/** The words that an auto-canceled job's log ends with (wire.md §5.1; unknown events are described plainly, fixes B13). */
export function autoCancelLogPart(job: JobRecord, auto: AutoCancel): SideEffect {
  const text =
    'This job was cancelled because the "Auto Cancellation" feature is currently enabled, and a more recent build ' +
    `(#${auto.number ?? '?'}) for ${describe(auto)} came in while this job was waiting to be processed.\n\n`;
  return { channel: 'log-part', jobId: job.id, run: job.run, payload: { text, final: true } };
}

function describe(auto: AutoCancel): string {
  switch (auto.event) {
    case 'pull_request':
      return `pull request #${auto.pullRequestNumber ?? '?'}`;
    case 'api':
      return 'a build with priority';
    default:
      return auto.branch === undefined ? 'the same branch' : `branch ${auto.branch}`;
  }
}

function reasonOf({ command }: CommandContext): string {
  return (
    command.reason ?? (command.subject === 'job' ? 'Job Cancelled: Reason unknown' : 'Build Cancelled: Reason unknown')
  );
}
