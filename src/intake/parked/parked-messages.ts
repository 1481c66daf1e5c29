import { Injectable } from '@nestjs/common';
import { Transactions, type Tx } from '../../database/transaction';
import { faultPoint } from '../../faults';
import { logger } from '../../logging';
import { countMessage, parkedTotal } from '../../metrics';
import { cleanText } from '../domain/clean-text';
import { OrderedWrites } from './ordered-writes';
import { ALL_COLUMNS, SUMMARY_COLUMNS } from './parked-message';
import type { ParkableMessage, ParkedWhole, ParkedRow, ParkedSummary } from './parked-message';
import { storable } from './storable';

export interface ParkedFilter {
  readonly reason?: string;
  /** Only those about this job or build. */
  readonly about?: { readonly subject: 'job' | 'build'; readonly id: number };
  /** Also those that were applied after all. */
  readonly replayed?: boolean;
  /** Only ids above this one: the last id of the page before. */
  readonly after?: number;
  /** At most this many; 100 unless told. */
  readonly limit?: number;
}

const LONGEST_TYPE = 255;
const LONGEST_DETAIL = 2_000;

const log = logger.child({ component: 'parked' });

/** Keeps the messages that can never be applied as they are (D5), in `hub.parked_messages`. */
@Injectable()
export class ParkedMessages {
  private readonly writes = new OrderedWrites((messages: readonly ParkableMessage[]) => this.insert(messages));

  constructor(private readonly transactions: Transactions) {}

  /**
   * Keeps a message; resolves after the commit, and only then may it be acked. Messages get ids in the order of these
   * calls.
   * @returns the row's id
   * @throws the database's error; the message must be held then
   */
  async park(message: ParkableMessage): Promise<number> {
    const id = await this.writes.add(message);
    faultPoint('after-park');
    const { source, type, reason, detail, subject, subjectId } = message;
    parkedTotal.inc({ reason });
    countMessage(type, 'parked');
    log.warn({ parked: id, source, type, reason, detail, subject, subjectId, bytes: message.body.length }, 'parked');
    return id;
  }

  /** Oldest first, without bodies. */
  async list(filter: ParkedFilter = {}): Promise<readonly ParkedSummary[]> {
    const { reason = null, about, replayed = false, after = 0, limit = 100 } = filter;
    const rows = await this.transactions.run((tx) =>
      tx.query<ParkedRow>(
        `SELECT ${SUMMARY_COLUMNS} FROM hub.parked_messages
          WHERE id > $1 AND ($2::varchar IS NULL OR reason = $2) AND ($3 OR replayed_at IS NULL)
            AND ($4::varchar IS NULL OR subject = $4 AND subject_id = $5::bigint)
          ORDER BY id LIMIT $6`,
        [after, reason, replayed, about?.subject ?? null, about?.id ?? null, limit],
      ),
    );
    return rows.map(toSummary);
  }

  /** The whole message; undefined when there is none of this id. */
  async show(id: number): Promise<ParkedWhole | undefined> {
    const rows = await this.transactions.run((tx) =>
      tx.query<ParkedRow>(`SELECT ${ALL_COLUMNS} FROM hub.parked_messages WHERE id = $1`, [id]),
    );
    return rows[0] && toMessage(rows[0]);
  }

  /** Throws a message away for good. Only a person may decide that. */
  async discard(id: number): Promise<boolean> {
    const rows = await this.transactions.run((tx) =>
      tx.query<ParkedRow>(`DELETE FROM hub.parked_messages WHERE id = $1 RETURNING ${SUMMARY_COLUMNS}`, [id]),
    );
    const row = rows[0];
    if (row)
      log.warn({ parked: id, type: row.type, reason: row.reason, subjectId: row.subject_id }, 'discarded by hand');
    return row !== undefined;
  }

  /** What comes again, because nobody could say any more that it was parked, keeps the row that it has. */
  private insert(messages: readonly ParkableMessage[]): Promise<readonly number[]> {
    return this.transactions.run(async (tx) => {
      const known = await findKnown(tx, messages);
      const rowOf = ({ identity }: ParkableMessage) =>
        identity?.redelivered ? known.get(identity.fingerprint) : undefined;
      const added = (
        await insertRows(
          tx,
          messages.filter((message) => rowOf(message) === undefined),
        )
      ).values();
      return messages.map((message) => rowOf(message) ?? (added.next().value as number));
    });
  }
}

async function findKnown(tx: Tx, messages: readonly ParkableMessage[]): Promise<ReadonlyMap<string, number>> {
  const seen = messages.flatMap(({ identity }) => (identity?.redelivered ? identity.fingerprint : []));
  if (seen.length === 0) return new Map();
  const rows = await tx.query<{ fingerprint: string; id: number }>(
    'SELECT fingerprint, min(id) AS id FROM hub.parked_messages WHERE fingerprint = ANY ($1::varchar[]) GROUP BY fingerprint',
    [seen],
  );
  return new Map(rows.map(({ fingerprint, id }) => [fingerprint, id]));
}

async function insertRows(tx: Tx, messages: readonly ParkableMessage[]): Promise<readonly number[]> {
  if (messages.length === 0) return [];
  const column = <V>(read: (message: ParkableMessage) => V): V[] => messages.map(read);
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO hub.parked_messages (source, type, reason, detail, subject, subject_id, body, properties, fingerprint)
     SELECT source, type, reason, detail, subject, subject_id, body, properties::jsonb, fingerprint
       FROM unnest($1::varchar[], $2::varchar[], $3::varchar[], $4::text[], $5::varchar[], $6::bigint[], $7::bytea[],
                   $8::text[], $9::varchar[])
            WITH ORDINALITY AS m (source, type, reason, detail, subject, subject_id, body, properties, fingerprint, position)
      ORDER BY position
     RETURNING id`,
    [
      column(({ source }) => source),
      column(({ type }) => (type === undefined ? null : cleanText(type, LONGEST_TYPE))),
      column(({ reason }) => reason),
      column(({ detail }) => cleanText(detail, LONGEST_DETAIL)),
      column(({ subject }) => subject ?? null),
      column(({ subjectId }) => subjectId ?? null),
      column(({ body }) => body),
      column(({ properties }) => JSON.stringify(storable(properties))),
      column(({ identity }) => identity?.fingerprint ?? null),
    ],
  );
  return rows.map(({ id }) => id);
}

export function toMessage(row: ParkedRow): ParkedWhole {
  return { ...toSummary(row), body: row.body, properties: row.properties };
}

function toSummary(row: ParkedRow): ParkedSummary {
  return {
    id: row.id,
    source: row.source,
    type: row.type,
    reason: row.reason,
    detail: row.detail,
    subject: row.subject,
    subjectId: row.subject_id,
    parkedAt: row.parked_at,
    attempts: row.attempts,
    replayedAt: row.replayed_at,
  };
}
