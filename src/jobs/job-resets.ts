import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config';
import type { JobRecord, UnitOfWork } from '../unit-of-work';
import { countReset, currentResets, isResetLimited, type Resets } from './domain/reset-limit';

/** Keeps count of the resets of each job: one that no worker can boot must not go round for ever (states.md §6.3). */
@Injectable()
export class JobResets {
  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** Why this job is not to be reset once more; null when it may be. */
  whyLimited(uow: UnitOfWork, job: JobRecord): string | null {
    const current = this.currentOf(uow, job);
    const { limit, afterMs } = this.config.resets;
    if (!isResetLimited(current, this.config.resets, uow.now)) return null;
    const [first, last] = [current.firstAt.toISOString(), current.lastAt.toISOString()];
    return `Resets limited: ${current.resets} resets between ${first} and ${last} (max: ${limit}, after: ${afterMs / 1000} s)`;
  }

  /** Takes note of a reset that is carried out. */
  count(uow: UnitOfWork, job: JobRecord): void {
    if (this.config.resets.limit > 0) uow.countedResets.set(job.id, countReset(this.currentOf(uow, job), uow.now));
  }

  private currentOf(uow: UnitOfWork, job: JobRecord): Resets | undefined {
    return currentResets(uow.countedResets.get(job.id) ?? uow.resets.get(job.id), job.restartedAt, uow.now);
  }
}
