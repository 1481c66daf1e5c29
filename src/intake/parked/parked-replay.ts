import { Injectable } from '@nestjs/common';
import { RejectedCommand } from '../../contracts/command';
import type { Outcome } from '../../contracts/command';
import { Transactions } from '../../database/transaction';
import type { TransactionLimits } from '../../database/settings';
import type { Tx } from '../../database/transaction';
import { logger } from '../../logging';
import { Batcher, StoppingError } from '../batcher';
import { timestampToDate } from '../domain/timestamp';
import { normaliseMessage } from '../normalise';
import { ALL_COLUMNS } from './parked-message';
import type { ParkedWhole, ParkedRow } from './parked-message';
import { toMessage } from './parked-messages';

/** What a replay came to. */
export type Replay =
  | { readonly kind: 'applied'; readonly outcome: Outcome }
  /** It stays parked, with this reason. */
  | { readonly kind: 'parked'; readonly reason: string; readonly detail: string }
  /** There is no such message, it was replayed already, or somebody else is replaying it now. */
  | { readonly kind: 'unavailable' };

/** The row stays locked while its command is applied; the batcher may wait for the database meanwhile. */
const LIMITS: TransactionLimits = { lockTimeoutMs: 5_000, statementTimeoutMs: 10_000, idleTimeoutMs: 120_000 };

/** After so many tries a message is left to a person: its reason becomes `failed`. */
const MOST_ATTEMPTS = 20;

const log = logger.child({ component: 'parked' });

/**
 * Sends parked messages through the intake again.
 *
 * One replica at a time per row (row lock). The command is applied in a transaction of its own: when the process dies
 * before the row is marked, it is applied again, and recognised by its fingerprint or by changing nothing (D6).
 */
@Injectable()
export class ParkedReplay {
  constructor(
    private readonly transactions: Transactions,
    private readonly batcher: Batcher,
  ) {}

  /** Replays one message, whatever it was parked for. */
  replay(id: number): Promise<Replay> {
    return this.transactions.run(async (tx) => {
      const rows = await tx.query<ParkedRow>(
        `SELECT ${ALL_COLUMNS} FROM hub.parked_messages WHERE id = $1 AND replayed_at IS NULL FOR UPDATE SKIP LOCKED`,
        [id],
      );
      return rows[0] ? this.apply(tx, toMessage(rows[0])) : { kind: 'unavailable' };
    }, LIMITS);
  }

  /**
   * Replays, in order of arrival, what waits for this job or build.
   *
   * Whoever locks the oldest of them has them all, so replicas never mix up their order.
   * @returns how many were applied; the first one that is still rejected ends it
   */
  replaySubject(subject: 'job' | 'build', subjectId: number): Promise<number> {
    return this.transactions.run(async (tx) => {
      const waiting = `subject = $1 AND subject_id = $2 AND replayed_at IS NULL AND reason IN ('unknown_job', 'unknown_build')`;
      const oldest = await tx.query(
        `SELECT id FROM hub.parked_messages
          WHERE id = (SELECT min(id) FROM hub.parked_messages WHERE ${waiting}) AND replayed_at IS NULL FOR UPDATE SKIP LOCKED`,
        [subject, subjectId],
      );
      if (oldest.length === 0) return 0;
      const rows = await tx.query<ParkedRow>(
        `SELECT ${ALL_COLUMNS} FROM hub.parked_messages WHERE ${waiting} ORDER BY id LIMIT 100 FOR UPDATE`,
        [subject, subjectId],
      );
      let applied = 0;
      for (const row of rows) {
        const replay = await this.apply(tx, toMessage(row));
        if (replay.kind === 'applied') applied++;
        else if (replay.kind === 'parked' && replay.reason === row.reason) break;
      }
      return applied;
    }, LIMITS);
  }

  private async apply(tx: Tx, message: ParkedWhole): Promise<Replay> {
    try {
      const sentAt = timestampToDate(message.properties['timestamp']);
      const command = normaliseMessage(message.type ?? undefined, message.body, sentAt);
      const identity = { fingerprint: `parked:${message.id}`, redelivered: true };
      const outcome = await this.batcher.submit({ ...command, message: identity });
      await tx.query(
        `UPDATE hub.parked_messages SET attempts = attempts + 1, replayed_at = clock_timestamp() AT TIME ZONE 'UTC' WHERE id = $1`,
        [message.id],
      );
      log.info({ parked: message.id, type: message.type, outcome: outcome.kind }, 'replayed');
      return { kind: 'applied', outcome };
    } catch (error) {
      if (error instanceof StoppingError) throw error;
      return this.keep(tx, message, error);
    }
  }

  private async keep(tx: Tx, message: ParkedWhole, error: unknown): Promise<Replay> {
    const rejected = error instanceof RejectedCommand;
    const exhausted = !rejected && message.attempts >= MOST_ATTEMPTS;
    const reason = rejected ? error.reason : exhausted ? 'failed' : message.reason;
    const detail = error instanceof Error ? error.message : String(error);
    await tx.query(`UPDATE hub.parked_messages SET attempts = attempts + 1, reason = $2, detail = $3 WHERE id = $1`, [
      message.id,
      reason,
      detail.slice(0, 2_000),
    ]);
    log.warn(
      { err: rejected ? undefined : error, parked: message.id, reason, detail },
      'replayed in vain; it stays parked',
    );
    return { kind: 'parked', reason, detail };
  }
}
