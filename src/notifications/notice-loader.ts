import { Injectable } from '@nestjs/common';
import type { EventName, EventSnapshot, LoggedEvent } from '../contracts/event';
import { Transactions, type Tx } from '../database';
import type { Notice } from './channel';
import { loadFacts } from './load-facts';

interface Waiting {
  readonly eventId: number;
  readonly resolve: (notice: Notice | undefined) => void;
  readonly reject: (error: unknown) => void;
}

const MOST_AT_ONCE = 200;

/**
 * Reads events with their facts, those that are asked for at the same time together: deliveries come in bursts, and
 * one by one each would cost five round trips.
 */
@Injectable()
export class NoticeLoader {
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly transactions: Transactions) {}

  /** @returns undefined when the event or its build no longer exists */
  load(eventId: number): Promise<Notice | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ eventId, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  private async drain(): Promise<void> {
    this.running = true;
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_AT_ONCE);
      try {
        const ids = [...new Set(batch.map(({ eventId }) => eventId))];
        const notices = await this.transactions.run((tx) => loadNotices(tx, ids));
        for (const { eventId, resolve } of batch) resolve(notices.get(eventId));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.running = false;
  }
}

async function loadNotices(tx: Tx, eventIds: readonly number[]): Promise<ReadonlyMap<number, Notice>> {
  const events = await tx.query<EventRow>(`SELECT ${EVENT_COLUMNS} FROM hub.events WHERE id = ANY ($1::bigint[])`, [
    eventIds,
  ]);
  return withFacts(tx, events.map(loggedEvent));
}

/** Joins events with what never changes about their builds. Events of builds that are gone are left out. */
export async function withFacts(tx: Tx, events: readonly LoggedEvent[]): Promise<ReadonlyMap<number, Notice>> {
  const facts = await loadFacts(tx, [...new Set(events.map((event) => event.build_id))]);
  const notices = new Map<number, Notice>();
  for (const event of events) {
    const about = facts.get(event.build_id);
    if (about) notices.set(event.id, { event, facts: about });
  }
  return notices;
}

/** The columns of `hub.events` that make a {@link LoggedEvent}. */
export const EVENT_COLUMNS = 'id, name, build_id, job_id, repository_id, seq, at, snapshot';

export interface EventRow {
  readonly id: number;
  readonly name: EventName;
  readonly build_id: number;
  readonly job_id: number | null;
  readonly repository_id: number | null;
  readonly seq: number;
  readonly at: Date;
  readonly snapshot: EventSnapshot;
}

export function loggedEvent(row: EventRow): LoggedEvent {
  return { ...row, at: row.at.toISOString() };
}
