import { Injectable } from '@nestjs/common';
import type { Delivery, DeliveryOutcome } from '../contracts/delivery';
import { Statements } from '../database/statements';
import type { NextState } from './domain/next-state';

/** The outcome of one attempt, ready to be written. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly outcome: DeliveryOutcome;
  readonly next: NextState;
  readonly durationMs: number;
}

interface ClaimedRow {
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

const NOW = `(clock_timestamp() AT TIME ZONE 'UTC')`;

const TAKE_UP = `
  attempts = d.attempts + 1, tried_since = coalesce(d.tried_since, ${NOW}),
  leased_until = ${NOW} + $3 * interval '1 ms', next_attempt_at = ${NOW} + $3 * interval '1 ms'`;

const CLAIMED = `
  d.id, d.channel, d.event_id, d.job_id, d.run, d.element, d.fingerprint, d.payload, d.attempts, d.destination,
  round(extract(epoch FROM ${NOW} - d.tried_since) * 1000)::float8 AS tried_for_ms,
  EXISTS (SELECT 1 FROM hub.jobs j WHERE j.job_id = d.job_id AND j.run > d.run OFFSET 0) AS outlived`;

/**
 * A row waits for an earlier one with the same order key until that one was tried. A retry holds nobody up (D10), except
 * among side effects (they have a job), where one that is tried again could land after what was decided later and undo it,
 * and in channels that ask for strict order.
 * No joins: planned while the table was empty or small, they would read all of it for as long as the plan is kept.
 * OFFSET 0 keeps a lookup from becoming one.
 */
const CLAIM = `
  WITH due AS (
    SELECT d.id FROM hub.deliveries d
     WHERE d.state = 'pending' AND d.next_attempt_at <= ${NOW} AND d.channel = ANY ($1::varchar[])
       AND (d.order_key IS NULL OR d.attempts > 0 OR NOT EXISTS (
             SELECT 1 FROM hub.deliveries e
              WHERE e.state = 'pending' AND e.order_key = d.order_key AND e.id < d.id
                AND (e.attempts = 0 OR e.leased_until > ${NOW} OR e.job_id IS NOT NULL
                     OR d.channel = ANY ($4::varchar[])) OFFSET 0))
     ORDER BY d.next_attempt_at, d.id LIMIT $2 FOR UPDATE OF d SKIP LOCKED)
  UPDATE hub.deliveries d SET ${TAKE_UP} WHERE d.id = ANY (ARRAY(SELECT id FROM due))
  RETURNING ${CLAIMED}`;

/**
 * The same for channels of which only the newest delivery of an order key counts: that one is claimed, and those before
 * it are superseded, whenever nobody else has one of the key on its way.
 *
 * Whoever claims locks all that is pending of a key as it sees it. Two who claim at once see a row in common, so one of
 * them misses what the other has locked and leaves the key alone; and a row that was claimed just before is locked as it
 * is then, lease included. So no two are ever on their way, and what was planned last is told last.
 */
const CLAIM_LATEST = `
  WITH keys AS MATERIALIZED (
    SELECT DISTINCT order_key FROM (
      SELECT d.order_key FROM hub.deliveries d
       WHERE d.state = 'pending' AND d.next_attempt_at <= ${NOW} AND d.channel = ANY ($1::varchar[])
         AND NOT EXISTS (
               SELECT 1 FROM hub.deliveries e
                WHERE e.state = 'pending' AND e.order_key = d.order_key AND e.leased_until > ${NOW} OFFSET 0)
       ORDER BY d.next_attempt_at, d.id LIMIT $2) AS due),
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

const SUPERSEDED = 'superseded: what came later is told instead';

/** Reads and writes `hub.deliveries`. Claims are leases: what a process that died had in hand becomes due again. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly statements: Statements) {}

  /**
   * Leases up to `limit` due rows of these channels to the caller, oldest first, and counts the attempt.
   *
   * @param leaseMs how long before somebody else may take them, unless {@link renew} is called
   * @param strict those of the channels in which a row waits for every earlier one with its order key
   */
  async claim(
    channels: readonly string[],
    limit: number,
    leaseMs: number,
    strict: readonly string[] = [],
  ): Promise<Delivery[]> {
    return inOrder(await this.statements.run<ClaimedRow>(CLAIM, [channels, limit, leaseMs, strict]));
  }

  /** The same for channels that are told of the latest only: older deliveries of an order key are dropped for good. */
  async claimLatest(channels: readonly string[], limit: number, leaseMs: number): Promise<Delivery[]> {
    return inOrder(await this.statements.run<ClaimedRow>(CLAIM_LATEST, [channels, limit, leaseMs, SUPERSEDED]));
  }

  /** Keeps rows leased while their attempt goes on; of one that ended meanwhile the next attempt is not put off. */
  async renew(ids: readonly number[], leaseMs: number): Promise<void> {
    await this.statements.run(
      `UPDATE hub.deliveries SET leased_until = ${NOW} + $2 * interval '1 ms', next_attempt_at = ${NOW} + $2 * interval '1 ms'
          WHERE id = ANY ($1::bigint[]) AND state = 'pending' AND leased_until IS NOT NULL`,
      [ids, leaseMs],
    );
  }

  /**
   * Gives rows back untried, for now or for later: the attempt is not counted.
   *
   * @param pausesMs for each of them, how long it is left alone
   */
  async release(ids: readonly number[], pausesMs: readonly number[] = ids.map(() => 0)): Promise<void> {
    await this.statements.run(
      `UPDATE hub.deliveries d
          SET attempts = attempts - 1, leased_until = NULL,
              next_attempt_at = ${NOW} + (SELECT r.pause_ms FROM unnest($1::bigint[], $2::integer[]) AS r(id, pause_ms)
                                           WHERE r.id = d.id) * interval '1 ms'
        WHERE d.id = ANY ($1::bigint[]) AND d.state = 'pending'`,
      [ids, pausesMs],
    );
  }

  /** Makes rows due now that were given back for later, unless somebody has taken them up since. */
  async hasten(rows: readonly { readonly id: number; readonly attempts: number }[]): Promise<void> {
    await this.statements.run(
      `UPDATE hub.deliveries d SET next_attempt_at = ${NOW}
        WHERE d.id = ANY ($1::bigint[]) AND d.state = 'pending' AND d.leased_until IS NULL AND d.next_attempt_at > ${NOW}
          AND d.attempts = (SELECT r.attempts FROM unnest($1::bigint[], $2::integer[]) AS r(id, attempts) WHERE r.id = d.id)`,
      [rows.map(({ id }) => id), rows.map(({ attempts }) => attempts)],
    );
  }

  /** Writes what came of attempts, and keeps each of them in the row's history. */
  async record(attempts: readonly Attempt[]): Promise<void> {
    await this.statements.run(
      `UPDATE hub.deliveries d
          SET (state, last_reason, leased_until, next_attempt_at, history, finished_at) = (
                SELECT a.state, a.reason, NULL::timestamp, ${NOW} + a.pause_ms * interval '1 ms',
                       (CASE WHEN jsonb_array_length(d.history) >= 20 THEN d.history - 0 ELSE d.history END) || a.entry::jsonb,
                       CASE WHEN a.state <> 'pending' THEN ${NOW} END
                  FROM unnest($1::bigint[], $2::varchar[], $3::varchar[], $4::integer[], $5::text[])
                       AS a(id, state, reason, pause_ms, entry)
                 WHERE a.id = d.id)
        WHERE d.id = ANY ($1::bigint[]) AND d.state = 'pending'`,
      [
        attempts.map(({ delivery }) => delivery.id),
        attempts.map(({ next }) => next.state),
        attempts.map(({ outcome }) => reasonOf(outcome)),
        attempts.map(({ next }) => (next.state === 'pending' ? next.pauseMs : 0)),
        attempts.map((attempt) => JSON.stringify(historyEntry(attempt))),
      ],
    );
  }
}

function inOrder(rows: readonly ClaimedRow[]): Delivery[] {
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

function reasonOf(outcome: DeliveryOutcome): string | null {
  return outcome.kind === 'delivered' ? null : storable(outcome.reason.slice(0, 500));
}

function historyEntry({ delivery, outcome, durationMs }: Attempt): Record<string, unknown> {
  const reason = reasonOf(outcome);
  return {
    attempt: delivery.attempt,
    at: new Date().toISOString(),
    outcome: outcome.kind,
    ms: Math.round(durationMs),
    ...(reason !== null && { reason }),
    ...('code' in outcome && outcome.code !== undefined && { code: outcome.code }),
    ...('response' in outcome &&
      outcome.response !== undefined && { response: storable(outcome.response.slice(0, 500)) }),
  };
}

/** PostgreSQL stores neither NUL bytes nor lone surrogates, which a cut may leave: cut first. */
function storable(text: string): string {
  return text.replaceAll('\u0000', '\uFFFD').toWellFormed();
}
