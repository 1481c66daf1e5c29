import type { BuildLife } from './build-life';
import type { Database } from './database';
import type { Attempts, TellingTime } from './domain/check-times';
import type { BuildEvidence, EventEvidence, TellingEvidence } from './domain/evidence';
import type { Sink } from './sink';

const BUILDS_AT_ONCE = 500;

/** An event with the moment at which it was decided, in ms since 1970. */
export interface TimedEvent extends EventEvidence {
  readonly at: number;
}

/** What is to be judged, and when who was told of what. */
export interface Evidence {
  readonly builds: readonly BuildEvidence[];
  /** Of every telling that came; those of a build in the order of its events. */
  readonly times: readonly TellingTime[];
  /** Of every telling of the moody receiver. */
  readonly attempts: readonly Attempts[];
}

/** Who is told: of every build the one that is there all the time, of some the moody one as well. */
export interface Sinks {
  readonly steady: Sink;
  readonly moody: Sink;
}

/** Reads everything about these builds. */
export async function readEvidence(
  database: Database,
  lives: readonly BuildLife[],
  { steady, moody }: Sinks,
): Promise<Evidence> {
  const builds: BuildEvidence[] = [];
  const times: TellingTime[] = [];
  const attempts: Attempts[] = [];
  const told = groupBy(
    [...steady.told.values(), ...moody.told.values()].filter(({ taken }) => taken > 0),
    ({ buildId }) => buildId,
  );
  for (let from = 0; from < lives.length; from += BUILDS_AT_ONCE) {
    const some = lives.slice(from, from + BUILDS_AT_ONCE);
    const rows = await readRows(
      database,
      some.map(({ plan }) => plan.id),
    );
    for (const life of some) {
      const { id } = life.plan;
      const tellings = (told.get(id) ?? []).map(({ deliveryId, taken, bodies, state }): TellingEvidence => ({
        deliveryId,
        times: taken,
        bodies: [...bodies],
        state,
      }));
      const events = rows.events.get(id) ?? [];
      const deliveries = rows.deliveries.get(id) ?? [];
      const jobs = life.jobs(rows.jobs);
      const targets = life.hookUrls.length;
      builds.push({ id, state: rows.builds.get(id) ?? 'gone', jobs, events, deliveries, tellings, targets });
      for (const event of events) {
        for (const { id: deliveryId, attempts: made, notes } of deliveries.filter(
          ({ eventId }) => eventId === event.id,
        )) {
          const about = `${event.name} of build ${id} (event ${event.id}, delivery ${deliveryId})`;
          const came = steady.told.get(deliveryId)?.came[0];
          if (came !== undefined) times.push({ buildId: id, about, at: event.at, came, notes });
          const tries = moody.told.get(deliveryId)?.came;
          const unseen = Math.max(0, made - (tries?.length ?? 0));
          if (tries) attempts.push({ buildId: id, about, came: tries, unseen, notes });
        }
      }
    }
  }
  return { builds, times, attempts };
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
  const deliveries = await database.query<DeliveryRow>(
    `SELECT d.id, e.build_id, d.event_id, d.state, extract(epoch FROM e.planned_at - e.at) AS planned_after,
            d.attempts, d.history
       FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id
      WHERE d.channel = 'webhook' AND e.build_id = ANY ($1::bigint[])`,
    [ids],
  );
  return {
    builds: new Map(builds.map(({ id, state }) => [Number(id), state])),
    jobs: new Map(jobs.map(({ id, state }) => [Number(id), state])),
    events: groupBy(events.map(toEvent), ({ buildId }) => buildId),
    deliveries: groupBy(deliveries.map(toDelivery), ({ buildId }) => buildId),
  };
}

interface DeliveryRow {
  readonly id: string;
  readonly build_id: string;
  readonly event_id: string;
  readonly state: string;
  readonly planned_after: string | null;
  readonly attempts: number;
  readonly history: readonly object[];
}

function toDelivery({ id, event_id, build_id, state, planned_after, attempts, history }: DeliveryRow) {
  const notes = `planned after ${Number(planned_after).toFixed(1)} s, ${attempts} attempts: ${JSON.stringify(history)}`;
  return { id: Number(id), eventId: Number(event_id), buildId: Number(build_id), state, attempts, notes };
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
