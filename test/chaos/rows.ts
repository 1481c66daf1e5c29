import type { Database } from './database';
import { REPOSITORIES, type PlannedBuild } from './domain/traffic';

/** Repositories that builds belong to; may be called twice. */
export async function insertRepositories(database: Database): Promise<void> {
  await database.query(
    `INSERT INTO public.repositories (id, name, owner_name, created_at, updated_at)
     SELECT id, 'project-' || id, 'chaos', now(), now() FROM generate_series(1, $1::int) AS id ON CONFLICT DO NOTHING`,
    [REPOSITORIES],
  );
}

/**
 * Inserts a build with its jobs, as the service that configures builds would: in one statement, with ids of our own, so
 * that it may be repeated when nobody knows whether it was carried out.
 */
export async function insertBuild(database: Database, plan: PlannedBuild, hookUrls: readonly string[]): Promise<void> {
  const { id, index, repositoryId, jobs } = plan;
  const stages = [...new Set(jobs.map(({ stage }) => stage))].filter((stage) => stage !== null);
  const number = String(index + 1);
  const config = { notifications: { webhooks: { urls: hookUrls, on_start: 'always' } } };
  await database.query(
    `WITH config AS (
       INSERT INTO public.build_configs (id, repository_id, key, config) VALUES ($1::bigint, $2::int, $3, $4)
       ON CONFLICT DO NOTHING),
     build AS (
       INSERT INTO public.builds (id, repository_id, number, state, event_type, branch, config_id, created_at, updated_at)
       VALUES ($1::bigint, $2::int, $5::text, 'created', 'push', 'main', $1::bigint, now(), now()) ON CONFLICT DO NOTHING),
     stages AS (
       INSERT INTO public.stages (id, build_id, number, state)
       SELECT $1::bigint + stage, $1::bigint, stage + 1, 'created' FROM unnest($6::int[]) AS stage ON CONFLICT DO NOTHING),
     jobs AS (
       INSERT INTO public.jobs (id, repository_id, source_type, source_id, stage_id, type, number, state, allow_failure,
                                created_at, updated_at)
       SELECT id, $2::int, 'Build', $1::bigint, $1::bigint + stage, 'Job::Test', $5::text || '.' || ordinal, 'created', allow_failure, now(), now()
         FROM unnest($7::bigint[], $8::int[], $9::boolean[]) WITH ORDINALITY AS j (id, stage, allow_failure, ordinal)
       ON CONFLICT DO NOTHING)
     INSERT INTO public.queueable_jobs (job_id) SELECT unnest($7::bigint[])
      WHERE NOT EXISTS (SELECT FROM public.jobs WHERE id = ($7::bigint[])[1])`,
    [
      id,
      repositoryId,
      `chaos-${id}`,
      JSON.stringify(config),
      number,
      stages,
      jobs.map((job) => job.id),
      jobs.map(({ stage }) => stage),
      jobs.map(({ allowFailure }) => allowFailure),
    ],
  );
}
