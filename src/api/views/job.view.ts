import type { Tx } from '../../database/transaction';
import { JOB_COLUMNS, STAGE_COLUMNS } from './build.view';
import { iso, isoColumns, jsonList, jsonObject } from './sql';

/** A job as `GET /api/jobs/:id` answers. */
export interface JobView {
  readonly id: number;
  readonly state: string | null;
  readonly [field: string]: unknown;
}

/** What happened to a job, as `GET /api/jobs/:id/timeline` answers. */
export interface TimelineView {
  readonly job_id: number;
  readonly events: readonly { readonly event: string; readonly [field: string]: unknown }[];
  readonly worker_runs: readonly { readonly uuid: string; readonly [field: string]: unknown }[];
  readonly [field: string]: unknown;
}

const BUILD = jsonObject('SELECT b.id, b.number, b.state FROM builds b WHERE b.id = j.source_id');
const REPOSITORY = jsonObject(
  `SELECT r.id, r.owner_name || '/' || r.name AS slug FROM repositories r WHERE r.id = j.repository_id`,
);
const STAGE = jsonObject(`SELECT ${STAGE_COLUMNS} FROM stages s WHERE s.id = j.stage_id`);

/** The instance that a worker named last for the job, whether it numbers its runs or not. */
const INSTANCE = `(
  SELECT n.instance_id FROM (
    SELECT w.instance_id, w.seen_at FROM hub.job_runs w WHERE w.job_id = j.id AND w.instance_id IS NOT NULL
     UNION ALL
    SELECT i.instance_id, i.seen_at FROM hub.job_instances i WHERE i.job_id = j.id) n
   ORDER BY n.seen_at DESC LIMIT 1)`;

const JOB_SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT ${JOB_COLUMNS},
           coalesce((SELECT h.run FROM hub.jobs h WHERE h.job_id = j.id), 1) AS run,
           ${INSTANCE} AS instance_id,
           ${STAGE} AS stage,
           ${BUILD} AS build,
           ${REPOSITORY} AS repository,
           (SELECT c.config FROM job_configs c WHERE c.id = j.config_id) AS config
      FROM jobs j WHERE j.id = $1::bigint AND j.source_type = 'Build') view`;

/** Reads a job; null when there is none of this id. */
export async function readJob(tx: Tx, id: number): Promise<JobView | null> {
  const rows = await tx.query<{ view: JobView }>(JOB_SQL, [id]);
  return rows[0]?.view ?? null;
}

/** Events shown at most, the latest ones: a job that is reset for ever must not fill an answer. */
const MAX_EVENTS = 1_000;

const EVENTS = jsonList(
  `SELECT e.id, ${isoColumns('e', 'at')}, e.name AS event, e.snapshot -> 'job' ->> 'state' AS state,
          e.snapshot -> 'build' ->> 'state' AS build_state, e.snapshot -> 'cause' AS cause
     FROM hub.events e WHERE e.job_id = j.id ORDER BY e.id DESC LIMIT ${MAX_EVENTS}`,
  'item.id',
);
const WORKER_RUNS = jsonList(
  `SELECT w.ordinal, w.run, w.uuid, w.last_count, w.instance_id, ${isoColumns('w', 'seen_at', 'received_at')}
     FROM hub.job_runs w WHERE w.job_id = j.id`,
  'item.ordinal',
);

const TIMELINE_SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT j.id AS job_id, j.state, ${EVENTS} AS events, ${WORKER_RUNS} AS worker_runs
      FROM jobs j WHERE j.id = $1::bigint AND j.source_type = 'Build') view`;

/** Reads what happened to a job, oldest first; null when there is no such job. */
export async function readTimeline(tx: Tx, id: number): Promise<TimelineView | null> {
  const rows = await tx.query<{ view: TimelineView }>(TIMELINE_SQL, [id]);
  return rows[0]?.view ?? null;
}

/** A job that ran on an instance, as `GET /api/jobs?instance_id=…` answers. */
export interface InstanceJobView {
  readonly id: number;
  readonly seen_at: string;
  readonly [field: string]: unknown;
}

/** LATERAL with OFFSET 0 keeps the lookup of each job a lookup. */
const INSTANCE_JOBS_SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT ${JOB_COLUMNS}, ${iso('n.seen_at')}, ${BUILD} AS build, ${REPOSITORY} AS repository
      FROM (SELECT job_id, max(seen_at) AS seen_at
              FROM (SELECT job_id, seen_at FROM hub.job_runs WHERE instance_id = $1
                     UNION ALL
                    SELECT job_id, seen_at FROM hub.job_instances WHERE instance_id = $1) named
             GROUP BY job_id) n
     CROSS JOIN LATERAL (SELECT * FROM jobs WHERE id = n.job_id AND source_type = 'Build' OFFSET 0) j
     ORDER BY n.seen_at DESC, n.job_id DESC LIMIT $2::integer) view`;

/** Reads the jobs that ran on an instance, the one that it was named for last first. */
export async function readJobsOnInstance(tx: Tx, instanceId: string, limit: number): Promise<InstanceJobView[]> {
  const rows = await tx.query<{ view: InstanceJobView }>(INSTANCE_JOBS_SQL, [instanceId, limit]);
  return rows.map((row) => row.view);
}
