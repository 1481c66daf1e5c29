import { Injectable } from '@nestjs/common';
import type { Delivery, DeliveryOutcome } from '../contracts/delivery';
import { Statements } from '../database/statements';
import { CLAIM, CLAIM_LATEST, claimedDeliveries, NOW, type ClaimedRow } from './claim-statements';
import type { NextState } from './domain/next-state';

/** The outcome of one attempt, ready to be written. */
export interface Attempt {
  readonly delivery: Delivery;
  readonly outcome: DeliveryOutcome;
  readonly next: NextState;
  readonly durationMs: number;
}

const SUPERSEDED = 'superseded: what came later is told instead';

/** Reads and writes `hub.deliveries`. Claims are leases: what a process that died had in hand becomes due again. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly statements: Statements) {}

  /**
   * Leases up to `limit` due rows of these channels to the caller, retries and then the oldest first, and counts the attempt.
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
    return claimedDeliveries(await this.statements.run<ClaimedRow>(CLAIM, [channels, limit, leaseMs, strict]));
  }

  /** The same for channels that are told of the latest only: older deliveries of an order key are dropped for good. */
  async claimLatest(channels: readonly string[], limit: number, leaseMs: number): Promise<Delivery[]> {
    return claimedDeliveries(
      await this.statements.run<ClaimedRow>(CLAIM_LATEST, [channels, limit, leaseMs, SUPERSEDED]),
    );
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
