import { Injectable } from '@nestjs/common';
import { Statements } from '../database';

/** A row of `hub.deliveries` to be. */
export interface PlannedDelivery {
  readonly eventId: number;
  readonly channel: string;
  readonly element: number;
  readonly fingerprint: string;
  readonly display: string;
  readonly orderKey: string | null;
  readonly destination: string | null;
  /** A newer one with the same order key makes it pointless. */
  readonly latestOnly: boolean;
  /** Set when the channel could not even say whom to tell: kept as failed, so that somebody sees it. */
  readonly problem: string | null;
}

/** Why entries of a channel's config heard nothing of an event. */
export interface Silence {
  readonly eventId: number;
  readonly channel: string;
  readonly element: number;
  readonly reason: string;
}

/** What became of events that somebody wanted to plan. */
export interface Planned {
  /** Events whose deliveries stand in the database now. */
  readonly planned: number;
  /** Events that wait for another replica: it plans them, or something that has to be planned before. */
  readonly left: number;
}

/**
 * Claims, marks and plans in one statement. What follows an event of its build that another replica is still planning
 * is left: its deliveries must not go ahead of that one's. IS TRUE keeps the lookup of events a hash: planned for few rows,
 * a join would compare each with each.
 */
const SAVE = `
  WITH open AS MATERIALIZED (
    SELECT id, build_id FROM hub.events WHERE id = ANY ($1::bigint[]) AND planned_at IS NULL
     ORDER BY id FOR UPDATE SKIP LOCKED),
  elsewhere AS MATERIALIZED (
    SELECT id, build_id FROM hub.events
     WHERE planned_at IS NULL AND id < (SELECT max(id) FROM open) AND id NOT IN (SELECT id FROM open)),
  ours AS MATERIALIZED (
    SELECT id FROM open
     WHERE NOT EXISTS (SELECT FROM elsewhere e WHERE e.build_id = open.build_id AND e.id < open.id)),
  marked AS (
    UPDATE hub.events e SET planned_at = clock_timestamp() AT TIME ZONE 'UTC', silent = s.silent::jsonb
      FROM ours LEFT JOIN unnest($11::bigint[], $12::text[]) AS s(event_id, silent) ON s.event_id = ours.id
     WHERE e.id = ours.id),
  deliveries AS (
    INSERT INTO hub.deliveries
      (event_id, channel, element, fingerprint, target, order_key, destination, latest_only, state, last_reason)
    SELECT event_id, channel, element, fingerprint, target, order_key, destination, latest_only,
           CASE WHEN problem IS NULL THEN 'pending' ELSE 'failed' END, problem
      FROM unnest($2::bigint[], $3::varchar[], $4::integer[], $5::varchar[], $6::varchar[], $7::varchar[], $8::varchar[],
                  $9::boolean[], $10::varchar[])
           WITH ORDINALITY
           AS p(event_id, channel, element, fingerprint, target, order_key, destination, latest_only, problem, nth)
     WHERE (event_id IN (SELECT id FROM ours)) IS TRUE
     ORDER BY nth
    ON CONFLICT (event_id, channel, element, fingerprint) WHERE event_id IS NOT NULL DO NOTHING)
  SELECT (SELECT count(*) FROM ours)::integer AS planned,
         (SELECT count(*) FROM hub.events
           WHERE id = ANY ($1::bigint[]) AND planned_at IS NULL AND id NOT IN (SELECT id FROM ours))::integer AS left`;

const UNPLANNED_BESIDE = `
  SELECT id FROM hub.events
   WHERE planned_at IS NULL
     AND build_id NOT IN (SELECT build_id FROM hub.events WHERE id = ANY ($2::bigint[]))
   ORDER BY id LIMIT $1`;

/** Reads and writes what the planner plans. Claims are row locks; no cursor could pass an event that commits late (D9). */
@Injectable()
export class PlanStore {
  constructor(private readonly statements: Statements) {}

  /**
   * Ids of the oldest events that nobody has planned. Others may be at it.
   *
   * @param aside left out, with what came after them in their builds: it has to wait for them
   */
  async unplanned(limit: number, aside: readonly number[] = []): Promise<number[]> {
    const rows = await (aside.length === 0
      ? this.statements.run<{ id: number }>('SELECT id FROM hub.events WHERE planned_at IS NULL ORDER BY id LIMIT $1', [
          limit,
        ])
      : this.statements.run<{ id: number }>(UNPLANNED_BESIDE, [limit, aside]));
    return rows.map(({ id }) => id);
  }

  /**
   * Marks these events as planned and writes their deliveries, save for those that others are at.
   *
   * @param silences kept with the events, for people who ask why they heard nothing
   */
  async save(
    eventIds: readonly number[],
    rows: readonly PlannedDelivery[],
    silences: readonly Silence[] = [],
  ): Promise<Planned> {
    const silent = byEvent(silences);
    const [result] = await this.statements.run<Planned & Record<string, unknown>>(SAVE, [
      eventIds,
      rows.map((row) => row.eventId),
      rows.map((row) => row.channel),
      rows.map((row) => row.element),
      rows.map((row) => row.fingerprint),
      rows.map((row) => row.display),
      rows.map((row) => row.orderKey),
      rows.map((row) => row.destination),
      rows.map((row) => row.latestOnly),
      rows.map((row) => row.problem),
      [...silent.keys()],
      [...silent.values()].map((ofEvent) => JSON.stringify(ofEvent)),
    ]);
    return result ?? { planned: 0, left: 0 };
  }
}

/** `{ "irc": [{ "element": 0, "reason": "on_success: never" }] }` for each event. */
function byEvent(silences: readonly Silence[]): ReadonlyMap<number, Record<string, object[]>> {
  const events = new Map<number, Record<string, object[]>>();
  for (const { eventId, channel, element, reason } of silences) {
    const ofEvent = events.get(eventId) ?? {};
    (ofEvent[channel] ??= []).push({ element, reason });
    events.set(eventId, ofEvent);
  }
  return events;
}
