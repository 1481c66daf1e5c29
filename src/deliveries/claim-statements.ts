import type { Delivery } from '../contracts/delivery';

/**
 * The time, as the tables keep it: without a zone, of UTC, and not that of the transaction's start. The statement's, because
 * it stands still: what is due is then the beginning of an index, and all that waits for later is not read.
 */
export const NOW = `(statement_timestamp() AT TIME ZONE 'UTC')`;

const TAKE_UP = `
  attempts = d.attempts + 1, tried_since = coalesce(d.tried_since, ${NOW}),
  leased_until = ${NOW} + $3 * interval '1 ms', next_attempt_at = ${NOW} + $3 * interval '1 ms'`;

const CLAIMED = `
  d.id, d.channel, d.event_id, d.job_id, d.run, d.element, d.fingerprint, d.payload, d.attempts, d.destination,
  round(extract(epoch FROM ${NOW} - d.tried_since) * 1000)::float8 AS tried_for_ms,
  EXISTS (SELECT 1 FROM hub.jobs j WHERE j.job_id = d.job_id AND j.run > d.run OFFSET 0) AS outlived`;

/**
 * What is due, retries first: they keep to their schedule however much became due with them. They have half of the room at
 * most, so that those never tried are not kept waiting by many whose destination is down.
 *
 * No joins: planned while the table was empty or small, they would read all of it for as long as the plan is kept.
 * OFFSET 0 keeps a lookup from becoming one.
 *
 * @param free what else holds for rows that may be claimed
 * @param lock how they are locked
 */
function due(free: string, lock = ''): string {
  const rows = (tried: string, room: string): string => `
    SELECT d.id, d.order_key FROM hub.deliveries d
     WHERE d.state = 'pending' AND d.next_attempt_at <= ${NOW} AND d.channel = ANY ($1::varchar[]) AND ${tried} AND ${free}
     ORDER BY d.next_attempt_at, d.id LIMIT ${room} ${lock}`;
  return `
  again AS MATERIALIZED (${rows('d.attempts > 0', '$2::integer / 2')}),
  fresh AS MATERIALIZED (${rows('d.attempts = 0', '$2::integer - (SELECT count(*) FROM again)')}),
  due AS (SELECT * FROM again UNION ALL SELECT * FROM fresh)`;
}

/**
 * A row waits for an earlier one with the same order key until that one was tried. A retry holds nobody up (D10), except
 * among side effects (they have a job), where one that is tried again could land after what was decided later and undo it,
 * and in channels that ask for strict order.
 */
const IN_TURN = `
  (d.order_key IS NULL OR d.attempts > 0 OR NOT EXISTS (
    SELECT 1 FROM hub.deliveries e
     WHERE e.state = 'pending' AND e.order_key = d.order_key AND e.id + 0 < d.id
       AND (e.attempts = 0 OR e.leased_until > ${NOW} OR e.job_id IS NOT NULL
            OR d.channel = ANY ($4::varchar[])) OFFSET 0))`;

/**
 * Claims what is due of channels ($1), at most so many rows ($2), for so many milliseconds ($3); those of some channels
 * in strict order ($4).
 */
export const CLAIM = `
  WITH ${due(IN_TURN, 'FOR UPDATE OF d SKIP LOCKED')}
  UPDATE hub.deliveries d SET ${TAKE_UP} WHERE d.id = ANY (ARRAY(SELECT id FROM due))
  RETURNING ${CLAIMED}`;

const NONE_ON_ITS_WAY = `
  NOT EXISTS (SELECT 1 FROM hub.deliveries e
               WHERE e.state = 'pending' AND e.order_key = d.order_key AND e.leased_until > ${NOW} OFFSET 0)`;

/**
 * The same for channels of which only the newest delivery of an order key counts: that one is claimed, and those before
 * it are superseded ($4 says why), whenever nobody else has one of the key on its way.
 *
 * Whoever claims locks all that is pending of a key as it sees it. Two who claim at once see a row in common, so one of
 * them misses what the other has locked and leaves the key alone; and a row that was claimed just before is locked as it
 * is then, lease included. So no two are ever on their way, and what was planned last is told last.
 */
export const CLAIM_LATEST = `
  WITH ${due(NONE_ON_ITS_WAY)},
  keys AS MATERIALIZED (SELECT DISTINCT order_key FROM due),
  visible AS MATERIALIZED (
    SELECT order_key, count(*) AS n FROM hub.deliveries
     WHERE state = 'pending' AND order_key = ANY (ARRAY(SELECT order_key FROM keys)) GROUP BY order_key),
  locked AS MATERIALIZED (
    SELECT id, order_key, next_attempt_at, leased_until FROM hub.deliveries
     WHERE state = 'pending' AND order_key = ANY (ARRAY(SELECT order_key FROM keys))
     ORDER BY id FOR UPDATE SKIP LOCKED),
  free AS MATERIALIZED (
    SELECT order_key, max(id) AS newest FROM locked GROUP BY order_key
    HAVING count(*) = (SELECT n FROM visible v WHERE v.order_key = locked.order_key)
       AND coalesce(max(leased_until), '-infinity'::timestamp) <= ${NOW}),
  superseded AS (
    UPDATE hub.deliveries d
       SET state = 'dropped', last_reason = $4, leased_until = NULL, finished_at = ${NOW}
     WHERE d.id = ANY (ARRAY(SELECT l.id FROM locked l JOIN free f USING (order_key) WHERE l.id < f.newest)))
  UPDATE hub.deliveries d SET ${TAKE_UP}
   WHERE d.id = ANY (ARRAY(SELECT l.id FROM locked l JOIN free f ON l.id = f.newest WHERE l.next_attempt_at <= ${NOW}))
  RETURNING ${CLAIMED}`;

/** What they return. */
export interface ClaimedRow {
  id: number;
  channel: string;
  event_id: number | null;
  job_id: number | null;
  run: number | null;
  element: number;
  fingerprint: string;
  payload: Record<string, unknown> | null;
  attempts: number;
  outlived: boolean;
  destination: string | null;
  tried_for_ms: number;
}

/** The deliveries that were claimed, by age. */
export function claimedDeliveries(rows: readonly ClaimedRow[]): Delivery[] {
  return [...rows]
    .sort((a, b) => a.id - b.id)
    .map((row) => ({
      id: row.id,
      channel: row.channel,
      eventId: row.event_id,
      jobId: row.job_id,
      run: row.run,
      element: row.element,
      fingerprint: row.fingerprint,
      payload: row.payload,
      attempt: row.attempts,
      outlived: row.outlived,
      destination: row.destination,
      triedForMs: row.tried_for_ms,
    }));
}
