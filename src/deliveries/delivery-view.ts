import type { DeliveryState } from './delivery.entity';

/** Which deliveries to look at; what is not named does not matter. */
export interface DeliveryFilter {
  readonly state?: DeliveryState;
  readonly channel?: string;
  /** Side effects on this job, and notices of its events. */
  readonly jobId?: number;
  /** Side effects on jobs of this build, and notices of its events. */
  readonly buildId?: number;
  readonly eventId?: number;
  /** Only ids below this one: the last id of the page before. */
  readonly before?: number;
  /** At most this many; 50 unless told. */
  readonly limit?: number;
}

/** A delivery as lists show it. Its target is a text for people that holds no secret. */
export interface DeliverySummary {
  readonly id: number;
  readonly channel: string;
  readonly state: DeliveryState;
  /** A replica is at it now. */
  readonly inHand: boolean;
  readonly target: string;
  readonly eventId: number | null;
  /** Name of the event; null for side effects, and when the event is no longer kept. */
  readonly event: string | null;
  readonly buildId: number | null;
  readonly jobId: number | null;
  /** The job's lifecycle run that a side effect belongs to. */
  readonly run: number | null;
  /** Attempts made since it was planned or last had again by hand. */
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly lastReason: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface DeliveryWhole extends DeliverySummary {
  readonly orderKey: string | null;
  /** Where it goes over the network; null when its channel did not say. */
  readonly destination: string | null;
  /** The job was started over since: it will never be made. */
  readonly outlived: boolean;
  /** What side effects carry; null for notices, which are made from the event. */
  readonly payload: Readonly<Record<string, unknown>> | null;
  /** The latest attempts, oldest first. */
  readonly history: readonly DeliveryAttempt[];
}

/** One entry of `hub.deliveries.history`. */
export interface DeliveryAttempt {
  readonly attempt: number;
  readonly at: string;
  readonly outcome: string;
  readonly ms: number;
  readonly reason?: string;
  /** HTTP status, where there is one. */
  readonly code?: number;
  /** How the receiver's answer began. */
  readonly response?: string;
}

const NOW = `(clock_timestamp() AT TIME ZONE 'UTC')`;

/** A replica has leased row `d` and is at it. */
export const IN_HAND = `(d.state = 'pending' AND coalesce(d.leased_until > ${NOW}, false))`;

/** The job of row `d` was started over since (D10); the same question as in the claim of the delivery loop. */
export const OUTLIVED = `EXISTS (SELECT FROM hub.jobs r WHERE r.job_id = d.job_id AND r.run > d.run)`;

/** Only the newest of row `d`'s order key counts, and there is a newer one that counts. */
export const SUPERSEDED = `(d.latest_only AND EXISTS (
  SELECT 1 FROM hub.deliveries n
   WHERE n.latest_only AND n.order_key = d.order_key AND n.id > d.id AND n.state <> 'dropped' OFFSET 0))`;

/** Columns of {@link DeliverySummary}, of row `d` and its event `e`. */
export const SUMMARY_COLUMNS = `
  d.id, d.channel, d.state, ${IN_HAND} AS "inHand", d.target, d.event_id AS "eventId", e.name AS event,
  coalesce(e.build_id, (SELECT j.source_id FROM jobs j WHERE j.id = d.job_id AND j.source_type = 'Build')) AS "buildId",
  coalesce(d.job_id, e.job_id) AS "jobId", d.run, d.attempts, d.next_attempt_at AS "nextAttemptAt",
  d.last_reason AS "lastReason", d.created_at AS "createdAt", d.finished_at AS "finishedAt"`;

/** Columns of {@link DeliveryWhole}. */
export const ALL_COLUMNS = `
  ${SUMMARY_COLUMNS}, d.order_key AS "orderKey", d.destination, ${OUTLIVED} AS outlived, d.payload, d.history`;

/** The condition on row `d` that a filter comes to, and its parameters. */
export interface Condition {
  readonly sql: string;
  readonly params: readonly unknown[];
}

/** Only what is asked for stands in the condition: `$1 IS NULL OR …` would keep PostgreSQL from using an index. */
export function conditionOf({ state, channel, jobId, buildId, eventId, before }: DeliveryFilter): Condition {
  const parts: string[] = [];
  const params: unknown[] = [];
  const add = (value: unknown, sql: (parameter: string) => string): void => {
    if (value === undefined) return;
    params.push(value);
    parts.push(sql(`$${params.length}`));
  };
  add(state, (p) => `d.state = ${p}`);
  add(channel, (p) => `d.channel = ${p}`);
  add(eventId, (p) => `d.event_id = ${p}::bigint`);
  add(before, (p) => `d.id < ${p}::bigint`);
  add(jobId, (p) =>
    oneOf(`SELECT n.id FROM hub.events v JOIN hub.deliveries n ON n.event_id = v.id WHERE v.job_id = ${p}::bigint
           UNION ALL SELECT s.id FROM hub.deliveries s WHERE s.job_id = ${p}::bigint`),
  );
  add(buildId, (p) =>
    oneOf(`SELECT n.id FROM hub.events v JOIN hub.deliveries n ON n.event_id = v.id WHERE v.build_id = ${p}::bigint
           UNION ALL SELECT s.id FROM jobs j JOIN hub.deliveries s ON s.job_id = j.id
                      WHERE j.source_type = 'Build' AND j.source_id = ${p}::bigint`),
  );
  return { sql: parts.length === 0 ? 'true' : parts.join(' AND '), params };
}

/** As an array the ids are looked up; as a subquery they might be compared with every row, newest first. */
function oneOf(query: string): string {
  return `d.id = ANY (ARRAY(${query}))`;
}
