import type { Tx } from '../database/transaction';
import type { SideEffect } from '../unit-of-work';

/** Side effects that nobody carries out yet are kept as `recorded`, so that nothing is lost and nothing is retried. */
const CARRIED_OUT: ReadonlySet<string> = new Set<SideEffect['channel']>(['worker-commands']);

/**
 * Writes what is to be done outside the database as delivery rows, in the transaction that decided it: a crash after
 * the commit loses none of them (D10).
 *
 * @returns whether any of them waits to be delivered
 */
export async function recordSideEffects(tx: Tx, effects: readonly SideEffect[]): Promise<boolean> {
  if (effects.length === 0) return false;
  await tx.query(
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
