import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { ToldEvent } from '../contracts/event';
import { Statements } from '../database';
import type { Notice, NoticeFacts } from './channel';
import { loadFacts } from './load-facts';

interface Waiting {
  readonly eventId: number;
  readonly resolve: (notice: Notice | undefined) => void;
  readonly reject: (error: unknown) => void;
}

type EventRow = Omit<ToldEvent, 'at'> & { readonly at: Date };

const MOST_AT_ONCE = 200;
/** Most events are planned and delivered within a second of their commit. */
const NOTICES_KEPT = 500;
/** Counted in jobs, because each brings its config along. */
const JOBS_KEPT = 1_500;
/** A notice keeps its facts, also when they were read anew meanwhile: of builds of many jobs few are kept. */
const JOBS_OF_NOTICES_KEPT = 20_000;
/** Facts hardly ever change, but a repository may be renamed. */
const FACTS_KEPT_MS = 30_000;

/**
 * Joins events with the facts about their builds.
 *
 * Events never change, so those that this process has just committed are taken from memory. Whatever has to be read is
 * read together with what others ask for at the same time: deliveries come in bursts.
 */
@Injectable()
export class NoticeLoader {
  private readonly events = new LRUCache<number, ToldEvent>({ max: NOTICES_KEPT });
  private readonly notices = new LRUCache<number, Notice>({
    max: NOTICES_KEPT,
    maxSize: JOBS_OF_NOTICES_KEPT,
    sizeCalculation: ({ facts }) => 1 + facts.jobs.size,
    ttl: FACTS_KEPT_MS,
  });
  private readonly facts = new LRUCache<number, NoticeFacts>({
    maxSize: JOBS_KEPT,
    sizeCalculation: ({ jobs }) => 1 + jobs.size,
    ttl: FACTS_KEPT_MS,
  });
  private waiting: Waiting[] = [];
  private running = false;

  constructor(private readonly statements: Statements) {}

  /** Keeps committed events for those who will ask for them soon. */
  remember(events: readonly ToldEvent[]): void {
    for (const event of events) this.events.set(event.id, event);
  }

  /** @returns undefined when the event or its build no longer exists */
  load(eventId: number): Promise<Notice | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ eventId, resolve, reject });
      if (!this.running) void this.drain();
    });
  }

  /** Loads many notices by the ids of their events. What no longer exists is left out. */
  async loadAll(eventIds: readonly number[]): Promise<ReadonlyMap<number, Notice | undefined>> {
    const notices = new Map(eventIds.map((id) => [id, this.notices.get(id)] as const));
    const missing = eventIds.filter((id) => !notices.get(id));
    if (missing.length > 0) {
      const events = await this.loadEvents(missing);
      const facts = await this.factsOf(events);
      for (const event of events) {
        const about = facts.get(event.build_id);
        if (about) notices.set(event.id, this.keep({ event, facts: about }));
      }
    }
    return notices;
  }

  private async drain(): Promise<void> {
    this.running = true;
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST_AT_ONCE);
      try {
        const notices = await this.loadAll([...new Set(batch.map(({ eventId }) => eventId))]);
        for (const { eventId, resolve } of batch) resolve(notices.get(eventId));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.running = false;
  }

  private keep(notice: Notice): Notice {
    this.notices.set(notice.event.id, notice);
    this.events.delete(notice.event.id);
    return notice;
  }

  private async loadEvents(ids: readonly number[]): Promise<readonly ToldEvent[]> {
    const known = ids.flatMap((id) => this.events.get(id) ?? []);
    if (known.length === ids.length) return known;
    const missing = ids.filter((id) => !this.events.has(id));
    const rows = await this.statements.run<EventRow>(
      `SELECT id, name, build_id, job_id, repository_id, seq, at, snapshot FROM hub.events WHERE id = ANY ($1::bigint[])`,
      [missing],
    );
    const read = rows.map((row): ToldEvent => ({ ...row, at: row.at.toISOString() }));
    return [...known, ...read];
  }

  private async factsOf(events: readonly ToldEvent[]): Promise<ReadonlyMap<number, NoticeFacts>> {
    const facts = new Map<number, NoticeFacts>();
    const missing: number[] = [];
    for (const id of new Set(events.map((event) => event.build_id))) {
      const known = this.facts.get(id);
      if (known) facts.set(id, known);
      else missing.push(id);
    }
    if (missing.length === 0) return facts;
    for (const [id, read] of await loadFacts(this.statements, missing)) {
      this.facts.set(id, read);
      facts.set(id, read);
    }
    return facts;
  }
}
