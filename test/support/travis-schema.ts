import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CI_SCHEMA_UP } from '../../src/database/migrations/ci';

/** Columns and indexes that the tables Hub knows have in a Travis database. The bench uses the same file. */
const INDEXES = join(__dirname, '../../bench/travis-indexes.sql');

const COUNTED = ['builds', 'jobs', 'commits', 'requests', 'branches', 'tags', 'pull_requests'];

/** As Travis' own migrations leave it: the trigger on builds and jobs writes the wall time of whatever zone the session has. */
const TRIGGERS: readonly string[] = [
  `CREATE OR REPLACE FUNCTION public.set_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'INSERT' OR NEW.* IS DISTINCT FROM OLD.* THEN
       NEW.updated_at := statement_timestamp();
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE OR REPLACE FUNCTION public.set_unique_number() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF coalesce(current_setting('set_unique_number_on_builds.disable', true), '') <> 'true'
        AND (NEW.unique_number IS NULL OR NEW.unique_number > 0) THEN
       NEW.unique_number := NEW.number::integer;
     END IF;
     RETURN NEW;
   END $$`,
  `CREATE TABLE public.repo_counts (repository_id integer NOT NULL, ${COUNTED.map((table) => `${table} integer`).join(', ')})`,
  `CREATE INDEX index_repo_counts_on_repository_id ON public.repo_counts (repository_id)`,
  ...COUNTED.flatMap((table) => [
    `CREATE FUNCTION public.count_${table}() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_ARGV[0]::integer > 0 THEN
         INSERT INTO public.repo_counts (repository_id, ${table}) VALUES (NEW.repository_id, 1);
       ELSE
         INSERT INTO public.repo_counts (repository_id, ${table}) VALUES (OLD.repository_id, -1);
       END IF;
       RETURN NULL;
     EXCEPTION WHEN others THEN RETURN NULL;
     END $$`,
    `CREATE TRIGGER trg_count_${table}_inserted AFTER INSERT ON public.${table} FOR EACH ROW EXECUTE PROCEDURE public.count_${table}('1')`,
    `CREATE TRIGGER trg_count_${table}_deleted AFTER DELETE ON public.${table} FOR EACH ROW EXECUTE PROCEDURE public.count_${table}('-1')`,
  ]),
];

/** What Hub has never heard of: types, tables in all their kinds, sequences, and the bookkeeping of Rails. */
const UNKNOWN_TO_HUB: readonly string[] = [
  `CREATE TABLE public.schema_migrations (version varchar NOT NULL PRIMARY KEY)`,
  `INSERT INTO public.schema_migrations VALUES ('20251118144714')`,
  `CREATE TABLE public.ar_internal_metadata (key varchar PRIMARY KEY, value varchar, created_at timestamp NOT NULL, updated_at timestamp NOT NULL)`,
  `CREATE TYPE public.source_type AS ENUM ('manual', 'stripe', 'github', 'unknown')`,
  `CREATE SEQUENCE public.builds_id_seq`,
  `CREATE SEQUENCE public.jobs_id_seq`,
  `CREATE TABLE public.crons (
     id serial PRIMARY KEY,
     branch_id integer NOT NULL REFERENCES public.branches (id) ON DELETE CASCADE,
     interval varchar NOT NULL CHECK (interval IN ('daily', 'weekly', 'monthly')),
     next_run timestamp
   )`,
  `CREATE TABLE public.memberships (
     id serial PRIMARY KEY,
     organization_id integer REFERENCES public.organizations (id),
     user_id integer REFERENCES public.users (id),
     role varchar
   )`,
  `CREATE TABLE public.subscriptions (id serial PRIMARY KEY, owner_id integer, source public.source_type NOT NULL DEFAULT 'unknown')`,
  `CREATE TABLE public.audits (id bigserial, created_at timestamp NOT NULL, source_changes json) PARTITION BY RANGE (created_at)`,
  `CREATE TABLE public.audits_2025 PARTITION OF public.audits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
  `CREATE TABLE public.audits_later PARTITION OF public.audits DEFAULT`,
  `CREATE TABLE public.gateway_requests (id serial PRIMARY KEY, payload text)`,
  `CREATE TABLE public.gateway_requests_failed (reason varchar) INHERITS (public.gateway_requests)`,
  // A view keeps the columns it shows from being changed under it.
  `CREATE VIEW public.running_jobs AS SELECT id, queue, state, updated_at FROM public.jobs WHERE state IN ('queued', 'received', 'started')`,
  `COMMENT ON TABLE public.jobs IS 'what workers run'`,
];

/**
 * The statements that make `public` what it is in an existing Travis installation, as far as Hub could meet it: more
 * columns, indexes, triggers, types and tables than Hub knows.
 */
export function travisSchema(): readonly string[] {
  return [...CI_SCHEMA_UP, readFileSync(INDEXES, 'utf8'), ...TRIGGERS, ...UNKNOWN_TO_HUB];
}
