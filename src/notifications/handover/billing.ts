import type { JobSnapshot, Notice } from '../channel';
import type { HandoverDeps } from './deps';
import { readBuildDetails, type BuildDetails } from './facts/build-details';
import type { Handover } from './handover';
import { oneTarget } from './one-target';
import { toMilliseconds } from './wire-words';

/** travis-billing charges for the time that jobs run. */
export function billing({ statements }: HandoverDeps): Handover<null> {
  return {
    name: 'billing',
    events: ['job:started', 'job:finished', 'job:canceled'],
    targets: () => oneTarget('billing'),
    async job(notice) {
      const details = await readBuildDetails(statements, notice);
      const { job } = notice.event.snapshot;
      if (!details || !job) return { kind: 'dropped', reason: 'the build no longer exists' };
      return {
        queue: 'billing',
        class: 'Travis::Billing::Worker',
        args: [null, 'Travis::Billing::Services::UsageTracker', 'perform', usage(notice, job, details)],
      };
    },
  };
}

/** What is charged (wire.md §5.3). The size is the one that the worker reported, else the one that the config asks for. */
export function usage({ event, facts }: Notice, job: JobSnapshot, details: BuildDetails): Record<string, unknown> {
  const { os, arch, virt, vm } = facts.jobs.get(job.id)?.config ?? {};
  const size = (vm as { size?: unknown } | null | undefined)?.size ?? null;
  const row = details.jobs.get(job.id);
  return {
    job: {
      id: job.id,
      os: os ?? 'linux',
      instance_size: reportedSize(event, job) ?? size,
      arch: arch ?? 'amd64',
      started_at: toMilliseconds(job.started_at),
      finished_at: toMilliseconds(job.finished_at),
      virt_type: virt ?? null,
      queue: job.queue,
      vm_size: size,
      finished: event.name !== 'job:started',
    },
    repository: { id: facts.repository.id, slug: facts.repository.slug, private: facts.repository.private },
    owner: { type: row?.owner_type ?? null, id: row?.owner_id ?? null, login: row?.owner_login ?? null },
    build: {
      id: facts.build.id,
      type: facts.build.event_type,
      number: facts.build.number,
      branch: facts.build.branch,
      sender: { id: details.sender_id, type: details.sender_type },
    },
  };
}

/** Only what the job's own worker said: a job that is canceled because of another one has that one's cause. */
function reportedSize({ snapshot }: Notice['event'], job: JobSnapshot): string | undefined {
  const { vm_size: reported } = snapshot.cause;
  return reported === job.vm_size ? reported : undefined;
}
