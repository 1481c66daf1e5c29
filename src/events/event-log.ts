import { Injectable } from '@nestjs/common';
import type { EventName, LoggedEvent } from '../contracts/event';
import { isoText, timestampText } from '../database/time';
import type { Writes } from '../database/writes';
import type { UnitOfWork } from '../unit-of-work';

/** What an event's row says when it has been written. */
export interface AppendedRow {
  readonly id: number;
  readonly build_id: number;
  readonly seq: number;
}

/** Writes events in the transaction that decided them: outbox, audit trail and timeline at once (D9). */
@Injectable()
export class EventLog {
  private wanted: () => readonly EventName[] = () => [];

  /** Says for which events somebody plans deliveries, asked for each batch; the others are born planned. */
  planFor(wanted: () => readonly EventName[]): void {
    this.wanted = wanted;
  }

  /** Adds the batch's events to its writes; their rows come back as {@link AppendedRow}. */
  append(writes: Writes, { events, now }: UnitOfWork): void {
    if (events.length === 0) return;
    const wanted = new Set<string>(this.wanted());
    // One JSON text for all snapshots: as elements of a text array each quote in them would have to be escaped.
    writes.addWithResult(
      `INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at)
       SELECT build_id, seq, name, job_id, repository_id, $7::timestamp, snapshot, CASE WHEN planned THEN $7::timestamp END
         FROM ROWS FROM (
                unnest($1::bigint[], $2::integer[], $3::varchar[], $4::bigint[], $5::integer[], $6::boolean[]),
                jsonb_array_elements($8::jsonb)
              ) AS e(build_id, seq, name, job_id, repository_id, planned, snapshot)
       RETURNING id, build_id, seq`,
      [
        events.map((e) => e.build.id),
        events.map((e) => e.seq),
        events.map((e) => e.name),
        events.map((e) => e.job?.id ?? null),
        events.map((e) => e.build.repositoryId),
        events.map((e) => !wanted.has(e.name)),
        timestampText(now),
        JSON.stringify(events.map((e) => e.snapshot)),
      ],
    );
  }

  /** The batch's events with the ids they were given, in order. */
  logged({ events, now }: UnitOfWork, rows: readonly AppendedRow[]): LoggedEvent[] {
    const ids = new Map(rows.map((row) => [`${row.build_id}/${row.seq}`, row.id]));
    return events.map((e) => ({
      id: ids.get(`${e.build.id}/${e.seq}`) ?? 0,
      name: e.name,
      build_id: e.build.id,
      job_id: e.job?.id ?? null,
      repository_id: e.build.repositoryId,
      seq: e.seq,
      at: isoText(now),
      snapshot: e.snapshot,
    }));
  }
}
