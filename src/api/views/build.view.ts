import type { Tx } from '../../database/transaction';
import { iso, isoColumns, jsonList, jsonObject } from './sql';

/** What list and single view of a build have in common. */
export interface BuildSummary {
  readonly id: number;
  readonly number: string | null;
  readonly state: string | null;
  readonly [field: string]: unknown;
}

/** A build with its stages and jobs, as `GET /api/builds/:id` answers. */
export interface BuildView extends BuildSummary {
  readonly jobs: readonly { readonly id: number; readonly [field: string]: unknown }[];
  readonly stages: readonly { readonly id: number; readonly [field: string]: unknown }[];
}

const TIMES = isoColumns('b', 'created_at', 'started_at', 'finished_at', 'canceled_at', 'restarted_at', 'updated_at');

const COMMIT = jsonObject(
  `SELECT c.id, c.commit AS sha, c.ref, c.branch, c.message, c.compare_url, ${iso('c.committed_at')},
          c.author_name, c.author_email, c.committer_name, c.committer_email
     FROM commits c WHERE c.id = b.commit_id`,
);

const REPOSITORY = jsonObject(
  `SELECT r.id, r.owner_name, r.name, r.owner_name || '/' || r.name AS slug, r.private, r.default_branch
     FROM repositories r WHERE r.id = b.repository_id`,
);

const SUMMARY = `
  b.id, b.number, b.state, b.previous_state, b.event_type, b.branch,
  (SELECT t.name FROM tags t WHERE t.id = b.tag_id) AS tag,
  b.pull_request_number, b.pull_request_title, b.private, b.duration, ${TIMES},
  ${REPOSITORY} AS repository,
  ${COMMIT} AS commit`;

/** Columns of a job that a build and a job view share. */
export const JOB_COLUMNS = `
  j.id, j.number, j.state, j.source_id AS build_id, j.stage_id, j.stage_number, j.allow_failure, j.queue, j.vm_size,
  ${isoColumns('j', 'created_at', 'queued_at', 'received_at', 'started_at', 'finished_at', 'canceled_at')},
  ${isoColumns('j', 'restarted_at', 'updated_at')}`;

/** Columns of a stage. */
export const STAGE_COLUMNS = `s.id, s.number, s.name, s.state, ${isoColumns('s', 'started_at', 'finished_at')}`;

const STAGES = jsonList(`SELECT ${STAGE_COLUMNS} FROM stages s WHERE s.build_id = b.id`, 'item.number, item.id');
const JOBS = jsonList(
  `SELECT ${JOB_COLUMNS} FROM jobs j WHERE j.source_type = 'Build' AND j.source_id = b.id`,
  'item.id',
);
const SENDER = `CASE WHEN b.sender_id IS NULL THEN NULL
                     ELSE json_build_object('type', b.sender_type, 'id', b.sender_id) END`;

/** One statement, so that build, stages and jobs are those of one moment. Ids become JSON numbers on the way. */
const BUILD_SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT ${SUMMARY},
           ${SENDER} AS sender,
           (SELECT c.config FROM build_configs c WHERE c.id = b.config_id) AS config,
           ${STAGES} AS stages,
           ${JOBS} AS jobs
      FROM builds b WHERE b.id = $1::bigint) view`;

/** Reads a build with its stages and jobs; null when there is none of this id. */
export async function readBuild(tx: Tx, id: number): Promise<BuildView | null> {
  const rows = await tx.query<{ view: BuildView }>(BUILD_SQL, [id]);
  return rows[0]?.view ?? null;
}

const LIST_SQL = `
  SELECT to_json(view) AS view FROM (
    SELECT ${SUMMARY} FROM builds b
     WHERE ($1::integer IS NULL OR b.repository_id = $1::integer) AND ($2::bigint IS NULL OR b.id < $2::bigint)
     ORDER BY b.id DESC LIMIT $3::integer) view
   ORDER BY view.id DESC`;

/**
 * Reads builds, newest first.
 *
 * @param repositoryId only those of this repository; null for all.
 * @param before only those with a smaller id, which is how the next page begins; null for the first page.
 */
export async function listBuilds(
  tx: Tx,
  repositoryId: number | null,
  before: number | null,
  limit: number,
): Promise<readonly BuildSummary[]> {
  const rows = await tx.query<{ view: BuildSummary }>(LIST_SQL, [repositoryId, before, limit]);
  return rows.map((row) => row.view);
}

/** Finds a repository by its id or by `owner/name`; null when there is none. */
export async function findRepositoryId(tx: Tx, idOrSlug: string): Promise<number | null> {
  const [owner, name] = idOrSlug.split('/');
  if (name === undefined && Number(owner) > MAX_REPOSITORY_ID) return null;
  const rows = await tx.query<{ id: number }>(
    name === undefined
      ? 'SELECT id FROM repositories WHERE id = $1'
      : 'SELECT id FROM repositories WHERE owner_name = $1 AND name = $2 AND invalidated_at IS NULL ORDER BY id LIMIT 1',
    name === undefined ? [owner] : [owner, name],
  );
  return rows[0]?.id ?? null;
}

/** `repositories.id` is a 4 byte integer; PostgreSQL refuses to compare it with more. */
const MAX_REPOSITORY_ID = 2_147_483_647;
