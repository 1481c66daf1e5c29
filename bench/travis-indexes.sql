-- Every index of a real Travis database that Hub's own tables lack, on the tables Hub knows, and the columns they need;
-- and none of what only Hub's own tables have.
-- The bench applies it to a fresh database (--schema travis): each UPDATE of jobs, builds and repositories then has to
-- feed them all, as it does where Travis CI runs. An index that Hub's own tables once had keeps its name, so that it is not
-- made twice where they still have it; the other names are left to PostgreSQL.

ALTER TABLE public.jobs ADD COLUMN log text DEFAULT ''::text, ADD COLUMN result integer, ADD COLUMN debug_options text,
  ADD COLUMN created_custom_image_id integer, ADD COLUMN used_custom_image_id integer;
ALTER TABLE public.jobs RESET (fillfactor);
DROP INDEX IF EXISTS public.index_jobs_unfinished;
CREATE INDEX IF NOT EXISTS index_jobs_on_state ON public.jobs (state);
CREATE INDEX IF NOT EXISTS index_jobs_on_updated_at ON public.jobs (updated_at);
CREATE INDEX IF NOT EXISTS index_jobs_on_owner_id_and_owner_type_and_state ON public.jobs (owner_id, owner_type, state);
CREATE INDEX IF NOT EXISTS index_jobs_on_type_and_source_id_and_source_type
  ON public.jobs (type, source_id, source_type);
CREATE UNIQUE INDEX ON public.jobs (com_id);
CREATE UNIQUE INDEX ON public.jobs (org_id);
CREATE INDEX ON public.jobs (commit_id);
CREATE INDEX ON public.jobs (config_id);
CREATE INDEX ON public.jobs (created_at);
CREATE INDEX ON public.jobs (owner_id, owner_type) WHERE state IN ('queued', 'received', 'started');
CREATE INDEX ON public.jobs (repository_id, id DESC);
CREATE INDEX ON public.jobs (repository_id) WHERE state IN ('queued', 'received', 'started');
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'booting';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'canceled';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'created';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'errored';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'failed';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'passed';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'queued';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'received';
CREATE INDEX ON public.jobs (repository_id, id DESC) WHERE state = 'started';

ALTER TABLE public.builds ADD COLUMN log text DEFAULT ''::text, ADD COLUMN message text, ADD COLUMN committed_at timestamp,
  ADD COLUMN committer_name varchar, ADD COLUMN committer_email varchar, ADD COLUMN author_name varchar,
  ADD COLUMN author_email varchar, ADD COLUMN ref varchar, ADD COLUMN github_payload text, ADD COLUMN compare_url varchar,
  ADD COLUMN token varchar, ADD COLUMN cached_matrix_ids integer[];
ALTER TABLE public.builds RESET (fillfactor);
ALTER TABLE public.stages RESET (fillfactor);
CREATE INDEX IF NOT EXISTS index_builds_on_state ON public.builds (state);
CREATE INDEX ON public.builds (branch_id);
CREATE UNIQUE INDEX ON public.builds (com_id);
CREATE UNIQUE INDEX ON public.builds (org_id);
CREATE INDEX ON public.builds (commit_id);
CREATE INDEX ON public.builds (config_id);
CREATE INDEX ON public.builds (created_at);
CREATE INDEX ON public.builds (pull_request_id);
CREATE INDEX ON public.builds (repository_id, branch, event_type, private);
CREATE INDEX ON public.builds (repository_id, branch, event_type) WHERE state IN ('created', 'queued', 'received');
CREATE INDEX ON public.builds (repository_id, branch, event_type, id);
CREATE INDEX ON public.builds (repository_id, branch, id DESC);
CREATE INDEX ON public.builds (repository_id, (number::integer));
CREATE INDEX ON public.builds (repository_id, number, event_type);
CREATE INDEX ON public.builds (repository_id) WHERE state IN ('created', 'queued', 'received', 'started');
CREATE INDEX ON public.builds (sender_type, sender_id);
CREATE INDEX ON public.builds (tag_id);
CREATE INDEX ON public.builds (updated_at);

CREATE UNIQUE INDEX ON public.stages (com_id);
CREATE UNIQUE INDEX ON public.stages (org_id);

ALTER TABLE public.repositories ADD COLUMN migrating boolean, ADD COLUMN active_on_org boolean, ADD COLUMN history_migration_status varchar,
  ADD COLUMN fork boolean, ADD COLUMN vcs_source_host varchar, ADD COLUMN scan_failed_at timestamp, ADD COLUMN clone_url varchar,
  ADD COLUMN deleted_at timestamp(6);
CREATE INDEX ON public.repositories (active_on_org);
CREATE INDEX ON public.repositories (active);
CREATE UNIQUE INDEX ON public.repositories (com_id);
CREATE UNIQUE INDEX ON public.repositories (org_id);
CREATE INDEX ON public.repositories (deleted_at) WHERE deleted_at IS NOT NULL AND vcs_type = 'AssemblaOrganization';
CREATE INDEX ON public.repositories (lower(name));
CREATE INDEX ON public.repositories (lower(owner_name), lower(name)) WHERE invalidated_at IS NULL;
CREATE INDEX ON public.repositories (lower(vcs_slug), lower(owner_name), lower(name), lower(vcs_type)) WHERE invalidated_at IS NULL;
CREATE INDEX ON public.repositories (lower(vcs_slug));
CREATE INDEX ON public.repositories (lower(vcs_slug)) WHERE invalidated_at IS NULL;
CREATE INDEX ON public.repositories (name);
CREATE INDEX ON public.repositories (owner_name);
CREATE INDEX ON public.repositories (vcs_slug, owner_name, name) WHERE invalidated_at IS NULL;
CREATE INDEX ON public.repositories (updated_at);
CREATE INDEX ON public.repositories (vcs_id, vcs_type);
CREATE INDEX ON public.repositories (vcs_type, vcs_id);
CREATE INDEX ON public.repositories (managed_by_installation_at);
-- The trigram index over slugs needs an extension that not every server has.
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
    CREATE INDEX ON public.repositories USING gin ((owner_name || '/' || name) public.gin_trgm_ops);
  END IF;
END $$;

CREATE UNIQUE INDEX ON public.build_configs (com_id);
CREATE UNIQUE INDEX ON public.build_configs (org_id);
CREATE INDEX ON public.build_configs (repository_id);
CREATE UNIQUE INDEX ON public.job_configs (com_id);
CREATE UNIQUE INDEX ON public.job_configs (org_id);
CREATE INDEX ON public.job_configs (repository_id);

CREATE INDEX ON public.commits (author_email);
CREATE INDEX ON public.commits (branch_id);
CREATE UNIQUE INDEX ON public.commits (com_id);
CREATE INDEX ON public.commits (committer_email);
CREATE UNIQUE INDEX ON public.commits (org_id);
CREATE INDEX ON public.commits (tag_id);

ALTER TABLE public.requests ADD COLUMN config_id integer, ADD COLUMN github_guid text;
CREATE INDEX ON public.requests (branch_id);
CREATE UNIQUE INDEX ON public.requests (com_id);
CREATE INDEX ON public.requests (config_id);
CREATE INDEX ON public.requests (created_at);
CREATE UNIQUE INDEX ON public.requests (github_guid);
CREATE INDEX ON public.requests (head_commit);
CREATE UNIQUE INDEX ON public.requests (org_id);
CREATE INDEX ON public.requests (pull_request_id);
CREATE INDEX ON public.requests (repository_id, id DESC);
CREATE INDEX ON public.requests (tag_id);

CREATE UNIQUE INDEX ON public.branches (com_id);
CREATE UNIQUE INDEX ON public.branches (org_id);
CREATE INDEX ON public.branches (repository_id);
CREATE INDEX ON public.branches (repository_id, name, id);
CREATE UNIQUE INDEX ON public.tags (com_id);
CREATE INDEX ON public.tags (last_build_id);
CREATE UNIQUE INDEX ON public.tags (org_id);
CREATE INDEX ON public.tags (repository_id);
ALTER TABLE public.pull_requests ADD COLUMN head_repo_vcs_id varchar;
CREATE UNIQUE INDEX ON public.pull_requests (com_id);
CREATE INDEX ON public.pull_requests (head_repo_vcs_id);
CREATE UNIQUE INDEX ON public.pull_requests (org_id);
CREATE INDEX ON public.pull_requests (repository_id);
