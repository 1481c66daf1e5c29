import type { Pool } from 'pg';
import type { PlacedVector } from './placed';
import { readRows } from './read-rows';
import { timeText, type TextTime } from './times';
import type { Broadcast, JobName, StepOutcome, Version } from './vector';

/** What a step did, as found in the database: times are real ones, never `NOW`. */
export interface Observation extends StepOutcome {
  readonly log_parts: readonly JobName[];
  readonly new_versions: readonly Version[];
  /** What must never happen whatever the step is: a parked message, a gap in the event log. */
  readonly problems: readonly string[];
}

interface EventRow {
  id: string;
  build_id: string;
  seq: number;
  name: string;
  job_id: string | null;
}
interface DeliveryRow {
  id: string;
  channel: string;
  job_id: string;
  payload: { reason?: string } | null;
}
interface VersionRow {
  id: string;
  job_id: number;
  number: number;
  state: string | null;
  queued_at: TextTime;
  received_at: TextTime;
  started_at: TextTime;
  finished_at: TextTime;
  restarted_at: TextTime;
}
interface ParkedRow {
  id: string;
  reason: string;
  detail: string;
  body: string;
}

/**
 * Tells what changed since it was asked last.
 *
 * Rows are read as they are; of events, side effects and versions only those with a higher id than any before count,
 * which is exact as long as nothing is being applied while it looks.
 */
export class Observer {
  private readonly seen = { events: 0, deliveries: 0, versions: 0, parked: 0 };
  private readonly lastSeq = new Map<string, number>();

  constructor(private readonly pool: Pool) {}

  /** Looks at all vectors at once. Nothing of theirs may be in flight. */
  async observe(placed: readonly PlacedVector[]): Promise<Map<PlacedVector, Observation>> {
    const jobIds = placed.flatMap((one) => one.jobIds);
    const [rows, events, deliveries, versions, parked] = await Promise.all([
      readRows(this.pool, placed),
      this.fresh<EventRow>(
        'events',
        'SELECT id, build_id, seq, name, job_id FROM hub.events WHERE id > $1 ORDER BY id',
      ),
      this.fresh<DeliveryRow>(
        'deliveries',
        `SELECT id, channel, job_id, payload FROM hub.deliveries
         WHERE id > $1 AND job_id = ANY($2) AND channel IN ('worker-commands', 'log-clear', 'log-part') ORDER BY id`,
        jobIds,
      ),
      this.fresh<VersionRow>(
        'versions',
        `SELECT id, job_id, number, state, queued_at::text, received_at::text, started_at::text, finished_at::text,
           restarted_at::text
         FROM job_versions WHERE id > $1 AND job_id = ANY($2) ORDER BY id`,
        jobIds,
      ),
      this.fresh<ParkedRow>(
        'parked',
        `SELECT id, reason, detail, convert_from(body, 'UTF8') AS body FROM hub.parked_messages WHERE id > $1 ORDER BY id`,
      ),
    ]);
    const eventsOf = groupBy(events, ({ build_id }) => build_id);
    const deliveriesOf = groupBy(deliveries, ({ job_id }) => job_id);
    const versionsOf = groupBy(versions, ({ job_id }) => String(job_id));
    return new Map(
      placed.map((one) => {
        const own = one.buildIds.flatMap((id) => eventsOf.get(String(id)) ?? []).sort(byId);
        const effects = one.jobIds.flatMap((id) => deliveriesOf.get(String(id)) ?? []).sort(byId);
        const jobsOf = (channel: string) =>
          effects.filter((effect) => effect.channel === channel).map(({ job_id }) => one.jobName(Number(job_id)));
        const observation: Observation = {
          after: rows.get(one) as Observation['after'],
          events: own.map((event) => one.eventName(event.name, Number(event.build_id), toNumber(event.job_id))),
          broadcasts: effects.filter(({ channel }) => channel === 'worker-commands').map((row) => broadcast(one, row)),
          log_clears: jobsOf('log-clear'),
          log_parts: jobsOf('log-part'),
          new_versions: one.jobIds.flatMap((id) => versionsOf.get(String(id)) ?? []).map((row) => version(one, row)),
          problems: [...this.gaps(own), ...parked.filter(isAbout(one)).map(parkedText)],
        };
        return [one, observation];
      }),
    );
  }

  private async fresh<R extends { id: string }>(
    kind: keyof Observer['seen'],
    sql: string,
    jobIds?: number[],
  ): Promise<R[]> {
    const { rows } = await this.pool.query<R>(sql, [this.seen[kind], ...(jobIds === undefined ? [] : [jobIds])]);
    const newest = rows.at(-1);
    if (newest !== undefined) this.seen[kind] = Number(newest.id);
    return rows;
  }

  /** `seq` counts the events of a build without gaps and in the order of their ids. */
  private gaps(events: readonly EventRow[]): string[] {
    return events.flatMap(({ build_id, seq, name }) => {
      const wanted = (this.lastSeq.get(build_id) ?? 0) + 1;
      this.lastSeq.set(build_id, seq);
      return seq === wanted
        ? []
        : [`the event log of build ${build_id} has seq ${seq} (${name}) where ${wanted} is due`];
    });
  }
}

function broadcast(placed: PlacedVector, row: DeliveryRow): Broadcast {
  return { job: placed.jobName(Number(row.job_id)), reason: row.payload?.reason ?? 'no reason' };
}

function version(placed: PlacedVector, row: VersionRow): Version {
  return {
    job: placed.jobName(row.job_id),
    number: row.number,
    state: row.state,
    queued_at: timeText(row.queued_at),
    received_at: timeText(row.received_at),
    started_at: timeText(row.started_at),
    finished_at: timeText(row.finished_at),
    restarted_at_set: row.restarted_at !== null,
  };
}

/** Tells whether a parked message was one of the vector's own. */
function isAbout(placed: PlacedVector): (row: ParkedRow) => boolean {
  const ids = new Set([...placed.buildIds, ...placed.jobIds]);
  return ({ body }) => {
    const id = /"id":"?(\d+)/.exec(body)?.[1];
    return id !== undefined && ids.has(Number(id));
  };
}

function parkedText({ reason, detail }: ParkedRow): string {
  return `the message was parked as ${reason}: ${detail}`;
}

function groupBy<T>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}

const byId = (a: { id: string }, b: { id: string }): number => Number(a.id) - Number(b.id);
const toNumber = (id: string | null): number | null => (id === null ? null : Number(id));
