import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { CommandContext } from '../events';
import { isFinished } from '../contracts/states';
import type { JobRecord } from '../unit-of-work';
import { decideOrder } from './domain/order-guard';

export type RunCheck =
  | { readonly kind: 'current' }
  | { readonly kind: 'stale'; readonly reason: string }
  /** A run nobody has heard of reports about a job that another run has finished. */
  | { readonly kind: 'stranger' };

/** Keeps the worker runs of each job, and with them the order of messages (D6). */
@Injectable()
export class JobRuns {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Checks a command against the runs seen so far and takes note of it. */
  check({ uow, command }: CommandContext, job: JobRecord): RunCheck {
    const message = command.run;
    if (!message) {
      // Workers v3.3.0 to v5.0 name the instance, but not the run that it could be kept with.
      if (command.instanceId !== undefined) uow.instances.push({ jobId: job.id, instanceId: command.instanceId });
      return { kind: 'current' };
    }
    const runs = uow.runs.get(job.id) ?? [];
    const verdict = decideOrder(runs, job.run, message, command.data.receivedAt);
    if (verdict.kind === 'stale' && this.config.orderGuard) return verdict;
    if (verdict.kind === 'new' && isFinished(job.state) && runs.length > 0) {
      return this.config.orderGuard ? { kind: 'stranger' } : { kind: 'current' };
    }
    const known = runs.find((run) => run.uuid === message.uuid);
    if (known) {
      known.lastCount = Math.max(known.lastCount, message.count);
      known.receivedAt ??= command.data.receivedAt ?? null;
      known.instanceId = command.instanceId ?? known.instanceId;
      known.run = job.run;
    } else if (verdict.kind === 'new') {
      const run = {
        jobId: job.id,
        ordinal: verdict.ordinal,
        uuid: message.uuid,
        lastCount: message.count,
        receivedAt: command.data.receivedAt ?? null,
        instanceId: command.instanceId ?? null,
        run: job.run,
      };
      uow.runs.set(job.id, [...runs, run]);
    }
    return { kind: 'current' };
  }
}
