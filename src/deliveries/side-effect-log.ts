import { Injectable } from '@nestjs/common';
import type { Writes } from '../database/writes';
import type { SideEffect } from '../unit-of-work';
import { Deliverers } from './deliverers';

/** Whoever cancels deletes the job from the Job Board too, so that workers without the broker hear of it. */
const CANCEL: SideEffect['channel'] = 'worker-commands';
const BOARD: SideEffect['channel'] = 'job-board';
const NONE: ReadonlySet<string> = new Set();

/** Writes what is to be done outside the database, as deliveries, in the transaction that decides on it (D10). */
@Injectable()
export class SideEffectLog {
  constructor(private readonly deliverers: Deliverers) {}

  /**
   * Adds rows to the writes of the batch: a crash after the commit loses none of them.
   *
   * What is configured is `pending`. A log nobody can be asked to change is kept as `recorded`, so that it can be seen
   * and is never retried; without a Job Board there is nothing to tell it.
   *
   * @returns the channels in which something waits to be delivered now
   */
  record(writes: Writes, effects: readonly SideEffect[]): ReadonlySet<string> {
    if (effects.length === 0) return NONE;
    const rows = effects.flatMap((effect) => this.withBoard(effect));
    const pending = rows.map(({ channel }) => this.deliverers.get(channel) !== undefined);
    writes.add(
      `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, job_id, run, payload, state)
       SELECT channel, 'job', channel || ' of job ' || job_id, order_key, job_id, run, payload::jsonb, state
         FROM unnest($1::varchar[], $2::varchar[], $3::bigint[], $4::integer[], $5::text[], $6::varchar[])
              WITH ORDINALITY AS e(channel, order_key, job_id, run, payload, state, nth)
        ORDER BY nth`,
      [
        rows.map(({ channel }) => channel),
        rows.map(orderKey),
        rows.map(({ jobId }) => jobId),
        rows.map(({ run }) => run),
        rows.map(({ payload }) => JSON.stringify(payload)),
        pending.map((is) => (is ? 'pending' : 'recorded')),
      ],
    );
    return new Set(rows.filter((_, i) => pending[i]).map(({ channel }) => channel));
  }

  private withBoard(effect: SideEffect): readonly SideEffect[] {
    if (effect.channel !== CANCEL || this.deliverers.get(BOARD) === undefined) return [effect];
    return [{ ...effect, channel: BOARD, payload: {} }, effect];
  }
}

/** All that changes a job's log goes one after another: a part of an earlier run must never follow a newer one's clear. */
function orderKey({ channel, jobId }: SideEffect): string {
  return `${channel.startsWith('log-') ? 'logs' : channel}/${jobId}`;
}
