import type { BuildLife } from './build-life';
import type { Database } from './database';
import type { BuildEvidence, DeliveryEvidence, EventEvidence, TellingEvidence } from './domain/evidence';
import type { Sink } from './sink';

const BUILDS_AT_ONCE = 500;

/** An event with the moment at which it was decided, in ms since 1970. */
export interface TimedEvent extends EventEvidence {
  readonly at: number;
}

/** How long after an event somebody was told of it first, in milliseconds. */
export interface Delay {
  /** When the event was decided, in ms since 1970. */
  readonly at: number;
  readonly ms: number;
  readonly about: string;
  readonly buildId: number;
}

/** What is to be judged, and when who was told of what. */
export interface Evidence {
  readonly builds: readonly BuildEvidence[];
  /** Of every telling that came. */
  readonly delays: readonly Delay[];
}

/** Reads everything about these builds. */
export async function readEvidence(database: Database, lives: readonly BuildLife[], sink: Sink): Promise<Evidence> {
  const builds: BuildEvidence[] = [];
  const delays: Delay[] = [];
  const told = groupBy([...sink.told.values()], ({ buildId }) => buildId);
  for (let from = 0; from < lives.length; from += BUILDS_AT_ONCE) {
    const some = lives.slice(from, from + BUILDS_AT_ONCE);
    const rows = await readRows(
      database,
      some.map(({ plan }) => plan.id),
    );
    for (const life of some) {
      const { id } = life.plan;
      const tellings = (told.get(id) ?? []).map(({ deliveryId, times, bodies, state }): TellingEvidence => ({
        deliveryId,
        times,
        bodies: [...bodies],
        state,
      }));
      const events = rows.events.get(id) ?? [];
      const deliveries = rows.deliveries.get(id) ?? [];
      const jobs = life.jobs(rows.jobs);
      builds.push({ id, state: rows.builds.get(id) ?? 'gone', jobs, events, deliveries, tellings, targets: 1 });
      for (const { eventId, id: deliveryId } of deliveries) {
        const event = events.find(({ id: each }) => each === eventId);
        const came = sink.told.get(deliveryId)?.at;
        if (!event || came === undefined) continue;
        const about = `${event.name} of build ${id} (event ${eventId}, delivery ${deliveryId})`;
        delays.push({ at: event.at, ms: came - event.at, about, buildId: id });
      }
    }
  }
  return { builds, delays };
}

async function readRows(database: Database, ids: readonly number[]) {
  const builds = await database.query<{ id: string; state: string }>(
    'SELECT id, state FROM public.builds WHERE id = ANY ($1::bigint[])',
    [ids],
  );
  const jobs = await database.query<{ id: string; state: string }>(
    'SELECT id, state FROM public.jobs WHERE source_id = ANY ($1::bigint[])',
    [ids],
  );
  const events = await database.query<EventRow>(
    `SELECT id, build_id, seq, name, job_id, extract(epoch FROM at) * 1000 AS at,
            CASE WHEN job_id IS NULL THEN snapshot -> 'build' ->> 'state' ELSE snapshot -> 'job' ->> 'state' END AS state
       FROM hub.events WHERE build_id = ANY ($1::bigint[]) ORDER BY build_id, seq`,
    [ids],
  );
  const deliveries = await database.query<{ id: string; build_id: string; event_id: string; state: string }>(
    `SELECT d.id, e.build_id, d.event_id, d.state FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id
      WHERE d.channel = 'webhook' AND e.build_id = ANY ($1::bigint[])`,
    [ids],
  );
  return {
    builds: new Map(builds.map(({ id, state }) => [Number(id), state])),
    jobs: new Map(jobs.map(({ id, state }) => [Number(id), state])),
    events: groupBy(events.map(toEvent), ({ buildId }) => buildId),
    deliveries: groupBy(
      deliveries.map((row): DeliveryEvidence & { buildId: number } => ({
        id: Number(row.id),
        eventId: Number(row.event_id),
        buildId: Number(row.build_id),
        state: row.state,
      })),
      ({ buildId }) => buildId,
    ),
  };
}

interface EventRow {
  readonly id: string;
  readonly build_id: string;
  readonly seq: number;
  readonly name: string;
  readonly job_id: string | null;
  readonly at: string;
  readonly state: string;
}

function toEvent({ id, build_id, job_id, at, ...row }: EventRow): TimedEvent & { readonly buildId: number } {
  const jobId = job_id === null ? null : Number(job_id);
  return { ...row, id: Number(id), buildId: Number(build_id), jobId, at: Number(at) };
}

function groupBy<T>(list: readonly T[], key: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of list) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
