import type { Writes } from '../database/writes';
import type { SideEffect } from '../unit-of-work';

/** Side effects that nobody carries out yet are kept as `recorded`, so that nothing is lost and nothing is retried. */
const CARRIED_OUT: ReadonlySet<string> = new Set<SideEffect['channel']>(['worker-commands']);

/**
 * Adds what is to be done outside the database, as delivery rows, to the writes of the batch that decided it: a crash
 * after the commit loses none of them (D10).
 *
 * @returns whether any of them waits to be delivered
 */
export function recordSideEffects(writes: Writes, effects: readonly SideEffect[]): boolean {
  if (effects.length === 0) return false;
  writes.add(
    `INSERT INTO hub.deliveries (channel, fingerprint, target, order_key, job_id, run, payload, state)
     SELECT channel, 'job', channel || ' of job ' || job_id, channel || '/' || job_id, job_id, run, payload::jsonb, state
       FROM unnest($1::varchar[], $2::bigint[], $3::integer[], $4::text[], $5::varchar[])
            WITH ORDINALITY AS e(channel, job_id, run, payload, state, nth)
      ORDER BY nth`,
    [
      effects.map((e) => e.channel),
      effects.map((e) => e.jobId),
      effects.map((e) => e.run),
      effects.map((e) => JSON.stringify(e.payload)),
      effects.map((e) => (CARRIED_OUT.has(e.channel) ? 'pending' : 'recorded')),
    ],
  );
  return effects.some((e) => CARRIED_OUT.has(e.channel));
}
