import type { Tx } from '../../database/transaction';
import { isoColumns, jsonList } from './sql';

/** What happened to a build and who was told of it, as `GET /api/builds/:id/timeline` answers. */
export interface BuildTimelineView {
  readonly build_id: number;
  readonly state: string | null;
  readonly events: readonly {
    readonly event: string;
    readonly told: readonly { readonly channel: string; readonly [field: string]: unknown }[];
    /** Entries of the config that heard nothing, and why. */
    readonly silent: readonly { readonly channel: string; readonly element: number; readonly reason: string }[];
    readonly [field: string]: unknown;
  }[];
}

/** Shown at most, the latest ones: a build that is restarted for ever must not fill an answer. */
const MAX_EVENTS = 200;

const TOLD = jsonList(
  `SELECT d.id, d.channel, d.element, d.target, d.state, d.attempts, d.last_reason AS reason,
          ${isoColumns('d', 'created_at', 'finished_at')}
     FROM hub.deliveries d WHERE d.event_id = e.id`,
  'item.id',
);

const SILENT = jsonList(
  `SELECT c.key AS channel, s.element, s.reason
     FROM jsonb_each(e.silent) c CROSS JOIN LATERAL jsonb_to_recordset(c.value) AS s(element integer, reason text)`,
  'item.channel, item.element',
);

const EVENTS = jsonList(
  `SELECT e.id, ${isoColumns('e', 'at', 'planned_at')}, e.name AS event, e.snapshot -> 'build' ->> 'state' AS state,
          e.snapshot -> 'build' ->> 'previous_state' AS previous_state, e.snapshot -> 'cause' AS cause,
          ${TOLD} AS told, ${SILENT} AS silent
     FROM hub.events e WHERE e.build_id = b.id AND e.job_id IS NULL ORDER BY e.seq DESC LIMIT ${MAX_EVENTS}`,
  'item.id',
);

const SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT b.id AS build_id, b.state, ${EVENTS} AS events FROM builds b WHERE b.id = $1::bigint) view`;

/** Reads what happened to a build and who was told of it, oldest first; null when there is no such build. */
export async function readBuildTimeline(tx: Tx, id: number): Promise<BuildTimelineView | null> {
  const rows = await tx.query<{ view: BuildTimelineView }>(SQL, [id]);
  return rows[0]?.view ?? null;
}
