import type { Statements } from '../../../database';
import type { Notice } from '../../notice';

/** A user or an organisation. */
export interface Account {
  readonly type: 'User' | 'Organization';
  readonly id: number;
  readonly name: string | null;
  readonly login: string | null;
  readonly avatar_url: string | null;
}

export interface JobDetails {
  readonly id: number;
  readonly commit_id: number | null;
  readonly owner_type: string | null;
  readonly owner_id: number | null;
  readonly owner_login: string | null;
  readonly private: boolean;
  readonly tags: string | null;
  readonly created_at: string | null;
}

/** What other services are told of a build besides what every notice holds. */
export interface BuildDetails {
  readonly owner_type: string | null;
  readonly owner_id: number | null;
  readonly sender_type: string | null;
  readonly sender_id: number | null;
  readonly private: boolean;
  readonly created_at: string | null;
  readonly owner: Account | null;
  readonly sender: Account | null;
  readonly repository: {
    readonly description: string | null;
    readonly active: boolean | null;
    readonly github_language: string | null;
    readonly owner_email: string | null;
    readonly owner_avatar_url: string | null;
    readonly public_key: string | null;
    readonly default_branch_last_build_id: number | null;
  };
  readonly request_token: string | null;
  readonly pull_request: {
    readonly number: number | null;
    readonly title: string | null;
    readonly head_ref: string | null;
  } | null;
  /** By id: the job of a job event, all jobs of a build event. */
  readonly jobs: ReadonlyMap<number, JobDetails>;
}

/** Owners and senders are users or organisations: a type and an id (schema.md §2.7). */
const account = (type: string, id: string): string => `
  CASE ${type}
    WHEN 'User' THEN (SELECT jsonb_build_object('type', 'User', 'id', a.id, 'name', a.name, 'login', a.login,
      'avatar_url', a.avatar_url) FROM public.users a WHERE a.id = ${id})
    WHEN 'Organization' THEN (SELECT jsonb_build_object('type', 'Organization', 'id', a.id, 'name', a.name,
      'login', a.login, 'avatar_url', a.avatar_url) FROM public.organizations a WHERE a.id = ${id}) END`;

const time = (column: string): string => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const BUILD = `
  SELECT b.owner_type, b.owner_id, b.sender_type, b.sender_id, coalesce(b.private, false) AS private,
         ${time('b.created_at')} AS created_at,
         ${account('b.owner_type', 'b.owner_id')} AS owner,
         ${account('b.sender_type', 'b.sender_id')} AS sender,
         jsonb_build_object(
           'description', r.description, 'active', r.active, 'github_language', r.github_language,
           'owner_email', r.owner_email,
           'owner_avatar_url', ${account('r.owner_type', 'r.owner_id')} ->> 'avatar_url',
           'public_key', (SELECT k.public_key FROM public.ssl_keys k WHERE k.repository_id = r.id ORDER BY k.id LIMIT 1),
           'default_branch_last_build_id', (SELECT br.last_build_id FROM public.branches br
              WHERE br.repository_id = r.id AND br.name = r.default_branch)) AS repository,
         (SELECT q.token FROM public.requests q WHERE q.id = b.request_id) AS request_token,
         (SELECT jsonb_build_object('number', p.number, 'title', p.title, 'head_ref', p.head_ref)
            FROM public.pull_requests p WHERE p.id = b.pull_request_id) AS pull_request
    FROM public.builds b LEFT JOIN public.repositories r ON r.id = b.repository_id
   WHERE b.id = $1`;

const JOBS = `
  SELECT j.id, j.commit_id, j.owner_type, j.owner_id, coalesce(j.private, false) AS private, j.tags,
         ${time('j.created_at')} AS created_at,
         ${account('j.owner_type', 'j.owner_id')} ->> 'login' AS owner_login
    FROM public.jobs j WHERE j.id = ANY ($1::bigint[])`;

/** Several services are handed the same event at once. A notice is forgotten soon, and what was read of it with it. */
const reading = new WeakMap<Notice, Promise<BuildDetails | undefined>>();

/**
 * What the payloads of other services hold of a build and of the jobs that the event is about.
 *
 * @returns undefined when the build is gone
 */
export function readBuildDetails(statements: Statements, notice: Notice): Promise<BuildDetails | undefined> {
  const known = reading.get(notice);
  if (known) return known;
  const details = read(statements, notice);
  reading.set(notice, details);
  details.catch(() => reading.delete(notice));
  return details;
}

async function read(statements: Statements, { event }: Notice): Promise<BuildDetails | undefined> {
  const { job, jobs = [] } = event.snapshot;
  const ids = job ? [job.id] : jobs.map(({ id }) => id);
  const [[build], rows] = await Promise.all([
    statements.run<Omit<BuildDetails, 'jobs'> & Record<string, unknown>>(BUILD, [event.build_id]),
    statements.run<JobDetails & Record<string, unknown>>(JOBS, [ids]),
  ]);
  return build && { ...build, jobs: new Map(rows.map((row) => [row.id, row])) };
}
