import type { Statements } from '../database';
import type { NoticeFacts } from './channel';

type Config = Readonly<Record<string, unknown>>;

interface FactRow {
  id: number;
  number: string | null;
  event_type: string | null;
  branch: string | null;
  commit_id: number | null;
  pull_request_number: number | null;
  pull_request_title: string | null;
  config: unknown;
  repository: NoticeFacts['repository'] | null;
  commit: NonNullable<NoticeFacts['commit']> | null;
  request: NoticeFacts['request'];
  tag: NoticeFacts['tag'];
}

/** Times inside the JSON that PostgreSQL builds are given as ISO text in UTC, like everywhere else. */
const FACTS = `
  SELECT b.id, b.number, b.event_type, b.branch, b.commit_id, b.pull_request_number, b.pull_request_title, bc.config,
         CASE WHEN r.id IS NOT NULL THEN jsonb_build_object(
           'id', r.id, 'github_id', r.github_id, 'vcs_id', r.vcs_id, 'vcs_type', r.vcs_type,
           'slug', r.owner_name || '/' || r.name, 'vcs_slug', r.vcs_slug, 'name', r.name, 'owner_name', r.owner_name,
           'owner_type', r.owner_type, 'owner_id', r.owner_id, 'url', r.url, 'private', coalesce(r.private, false),
           'default_branch', r.default_branch) END AS repository,
         CASE WHEN c.id IS NOT NULL THEN jsonb_build_object(
           'id', c.id, 'sha', c.commit, 'branch', c.branch, 'message', c.message, 'compare_url', c.compare_url,
           'committed_at', to_char(c.committed_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           'author_name', c.author_name, 'author_email', c.author_email,
           'committer_name', c.committer_name, 'committer_email', c.committer_email) END AS commit,
         CASE WHEN q.id IS NOT NULL THEN jsonb_build_object('head_commit', q.head_commit, 'base_commit', q.base_commit) END AS request,
         CASE WHEN t.id IS NOT NULL THEN jsonb_build_object('name', t.name) END AS tag
    FROM public.builds b
    LEFT JOIN public.repositories r ON r.id = b.repository_id
    LEFT JOIN public.commits c ON c.id = b.commit_id
    LEFT JOIN public.requests q ON q.id = b.request_id
    LEFT JOIN public.tags t ON t.id = b.tag_id
    LEFT JOIN public.build_configs bc ON bc.id = b.config_id
   WHERE b.id = ANY ($1::bigint[])`;

/**
 * Loads, set-wise, what never changes about builds. Builds that are gone or belong to no repository are left out:
 * there is nobody to tell.
 */
export async function loadFacts(
  statements: Statements,
  buildIds: readonly number[],
): Promise<ReadonlyMap<number, NoticeFacts>> {
  const rows = await statements.run<FactRow & Record<string, unknown>>(FACTS, [buildIds]);
  const jobs = await statements.run<{ id: number; build_id: number; config: unknown }>(
    `SELECT j.id, j.source_id AS build_id, jc.config FROM public.jobs j LEFT JOIN public.job_configs jc ON jc.id = j.config_id
      WHERE j.source_type = 'Build' AND j.source_id = ANY ($1::bigint[])`,
    [buildIds],
  );
  const jobsOf = new Map<number, Map<number, { config: Config }>>(rows.map((row) => [row.id, new Map()]));
  for (const job of jobs) jobsOf.get(job.build_id)?.set(job.id, { config: asConfig(job.config) });
  const facts = new Map<number, NoticeFacts>();
  for (const row of rows) {
    if (!row.repository) continue;
    const { config, repository, commit, request, tag, ...build } = row;
    facts.set(row.id, {
      repository,
      build: { ...build, config: asConfig(config) },
      commit,
      request,
      tag,
      jobs: jobsOf.get(row.id) ?? new Map(),
    });
  }
  return facts;
}

/** A config column holds an object, a JSON text of one, or nothing (schema.md §2.14). */
function asConfig(raw: unknown): Config {
  if (typeof raw === 'string') {
    try {
      return asConfig(JSON.parse(raw) as unknown);
    } catch {
      return {};
    }
  }
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Config) : {};
}
