import type { Tx } from '../database';

/** A turn that this replica has. */
export interface SweepTurn {
  /** Nobody has ever made this sweep on this database. */
  readonly first: boolean;
  /** The database's time, by which rows are dated, whatever the clock of this machine says. */
  readonly now: Date;
}

/**
 * Takes the next turn of a sweep, if it is due and no other replica has taken it: so many replicas sweep as often as one.
 *
 * A turn that lies ahead counts as due: the clock was set back, and nobody shall wait until it gets there again.
 *
 * @param name what is swept
 * @param everyMs how long ago the last turn must be, in milliseconds
 * @returns null when it is not due
 */
export async function takeTurn(tx: Tx, name: string, everyMs: number): Promise<SweepTurn | null> {
  const [first] = await tx.query<{ last_at: Date }>(
    'INSERT INTO hub.sweeps (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING last_at',
    [name],
  );
  if (first) return { first: true, now: first.last_at };
  const [next] = await tx.query<{ last_at: Date }>(
    `UPDATE hub.sweeps SET last_at = n.now
       FROM (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now) n
      WHERE name = $1 AND NOT (last_at > n.now - $2 * interval '1 millisecond' AND last_at <= n.now)
     RETURNING last_at`,
    [name, everyMs],
  );
  return next ? { first: false, now: next.last_at } : null;
}
