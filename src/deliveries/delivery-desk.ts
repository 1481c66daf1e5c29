import { Injectable } from '@nestjs/common';
import { NOT_PLANNED } from '../contracts/delivery';
import type { TransactionLimits } from '../database/settings';
import { Transactions } from '../database/transaction';
import type { DeliveryState } from './delivery.entity';
import {
  ALL_COLUMNS,
  conditionOf,
  IN_HAND,
  OUTLIVED,
  SUPERSEDED,
  SUMMARY_COLUMNS,
  type DeliveryFilter,
  type DeliverySummary,
  type DeliveryWhole,
} from './delivery-view';

/** What a wish to have a delivery made again came to. */
export interface RetryAnswer {
  readonly id: number;
  /**
   * - `due`: a running Hub makes it within a second or so.
   * - `unknown`: there is no such delivery. `delivered`, `recorded`: there is nothing to make.
   * - `in_hand`: a replica is at it now. `outlived`: its job was started over since, and the new run must not be hit.
   * - `not_planned`: the row only says that its channel could not tell whom to tell.
   * - `superseded`: a newer delivery counts instead, and people would be told of an older state last.
   */
  readonly result: 'due' | 'unknown' | 'delivered' | 'recorded' | 'in_hand' | 'outlived' | 'not_planned' | 'superseded';
}

interface Obstacle {
  id: number;
  state: DeliveryState;
  in_hand: boolean;
  outlived: boolean;
  superseded: boolean;
  fingerprint: string;
}

/** A person may wait longer than a message; the connection gives up after 30 seconds. */
const LIMITS: TransactionLimits = { lockTimeoutMs: 5_000, statementTimeoutMs: 25_000, idleTimeoutMs: 15_000 };
const MOST_AT_ONCE = 500;

/**
 * One statement that looks at each row as it is when its lock is taken, so it never disturbs what a replica has leased.
 * What was given up starts anew, with all its attempts; what waits for its next attempt keeps their number. The id stays:
 * receivers know a repeat by it.
 */
const RETRY = `
  UPDATE hub.deliveries d
     SET state = 'pending', attempts = CASE WHEN d.state = 'pending' THEN d.attempts ELSE 0 END, leased_until = NULL,
         tried_since = NULL, finished_at = NULL, next_attempt_at = clock_timestamp() AT TIME ZONE 'UTC'
   WHERE d.id = ANY ($1::bigint[]) AND d.state IN ('pending', 'failed', 'dropped') AND d.fingerprint <> '${NOT_PLANNED}'
     AND NOT ${IN_HAND} AND NOT ${OUTLIVED} AND NOT ${SUPERSEDED}
  RETURNING d.id`;

/** For a person: looks at deliveries and has them made again, beside the loops that make them. */
@Injectable()
export class DeliveryDesk {
  constructor(private readonly transactions: Transactions) {}

  /** Newest first. */
  list(filter: DeliveryFilter = {}): Promise<readonly DeliverySummary[]> {
    const { sql, params } = conditionOf(filter);
    return this.transactions.run(
      (tx) =>
        tx.query<DeliverySummary & Record<string, unknown>>(
          `SELECT ${SUMMARY_COLUMNS} FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id
            WHERE ${sql} ORDER BY d.id DESC LIMIT $${params.length + 1}`,
          [...params, filter.limit ?? 50],
        ),
      LIMITS,
    );
  }

  /** The whole row; undefined when there is none of this id. */
  async show(id: number): Promise<DeliveryWhole | undefined> {
    const rows = await this.transactions.run((tx) =>
      tx.query<DeliveryWhole & Record<string, unknown>>(
        `SELECT ${ALL_COLUMNS} FROM hub.deliveries d LEFT JOIN hub.events e ON e.id = d.event_id WHERE d.id = $1`,
        [id],
      ),
    );
    return rows[0];
  }

  /**
   * Has deliveries made again, now: those that failed or were dropped from their first attempt on, those that wait for
   * their next attempt without waiting. Every Hub looks for due rows each second, so nobody need be told.
   *
   * @returns one answer for each id, in their order
   */
  retry(ids: readonly number[]): Promise<readonly RetryAnswer[]> {
    return this.transactions.run(async (tx) => {
      const due = new Set((await tx.query<{ id: number }>(RETRY, [ids])).map(({ id }) => id));
      const left = await tx.query<Obstacle & Record<string, unknown>>(
        `SELECT d.id, d.state, ${IN_HAND} AS in_hand, ${OUTLIVED} AS outlived,
                ${SUPERSEDED} AS superseded, d.fingerprint
           FROM hub.deliveries d WHERE d.id = ANY ($1::bigint[])`,
        [ids.filter((id) => !due.has(id))],
      );
      const obstacles = new Map(left.map((row) => [row.id, row]));
      return ids.map((id) => ({ id, result: due.has(id) ? 'due' : whyNot(obstacles.get(id)) }));
    }, LIMITS);
  }

  /**
   * {@link retry} for everything that failed and fits the filter, oldest first and in steps, so that deliveries with one
   * order key keep their order. What fails again meanwhile is not taken twice.
   */
  async retryFailed(filter: Omit<DeliveryFilter, 'state' | 'limit'> = {}): Promise<readonly RetryAnswer[]> {
    const { sql, params } = conditionOf({ ...filter, state: 'failed' });
    const answers: RetryAnswer[] = [];
    for (let after = 0; ;) {
      const rows = await this.transactions.run(
        (tx) =>
          tx.query<{ id: number }>(
            `SELECT d.id FROM hub.deliveries d WHERE ${sql} AND d.id > $${params.length + 1}::bigint
              ORDER BY d.id LIMIT ${MOST_AT_ONCE}`,
            [...params, after],
          ),
        LIMITS,
      );
      if (rows.length > 0) answers.push(...(await this.retry(rows.map(({ id }) => id))));
      if (rows.length < MOST_AT_ONCE) return answers;
      after = rows.at(-1)?.id ?? after;
    }
  }
}

function whyNot(row: Obstacle | undefined): RetryAnswer['result'] {
  if (!row) return 'unknown';
  if (row.state === 'delivered' || row.state === 'recorded') return row.state;
  if (row.outlived) return 'outlived';
  if (row.superseded) return 'superseded';
  if (row.fingerprint === NOT_PLANNED) return 'not_planned';
  // Whatever else it was a moment ago, somebody had a hand on it.
  return 'in_hand';
}
