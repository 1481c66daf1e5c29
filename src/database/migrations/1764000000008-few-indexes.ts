import type { MigrationInterface, QueryRunner } from 'typeorm';
import { isTravisDatabase } from '../existing-schema';

/**
 * Indexes on what nearly every message changes, by which Travis CI's scheduler and API go; and one that holds what another
 * holds too, and misleads the planner while tables are small.
 */
const NOT_NEEDED = [
  ['index_jobs_on_state', 'jobs (state)'],
  ['index_jobs_on_updated_at', 'jobs (updated_at)'],
  ['index_jobs_on_owner_id_and_owner_type_and_state', 'jobs (owner_id, owner_type, state)'],
  ['index_builds_on_state', 'builds (state)'],
  ['index_jobs_on_type_and_source_id_and_source_type', 'jobs (type, source_id, source_type)'],
] as const;

/** How full a page is filled with new rows, in percent: a row finds room for its next versions beside it. */
const FILLFACTOR = { jobs: 70, builds: 70, stages: 70 } as const;

/**
 * Lets PostgreSQL change jobs and builds without touching their indexes: it can when no indexed column changes and the page
 * has room (ADR 13). A Travis database stays as it is (D8).
 */
export class FewIndexes1764000000008 implements MigrationInterface {
  readonly name = 'FewIndexes1764000000008';

  async up(runner: QueryRunner): Promise<void> {
    if (await isTravisDatabase((sql, params) => runner.query(sql, params))) return;
    for (const [name] of NOT_NEEDED) await runner.query(`DROP INDEX IF EXISTS public.${name}`);
    // Changes once in a job's life. The sweep of stale jobs finds by it what runs.
    await runner.query(`CREATE INDEX index_jobs_unfinished ON public.jobs (id) WHERE finished_at IS NULL`);
    for (const [table, percent] of Object.entries(FILLFACTOR))
      await runner.query(`ALTER TABLE public.${table} SET (fillfactor = ${percent})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    if (await isTravisDatabase((sql, params) => runner.query(sql, params))) return;
    for (const table of Object.keys(FILLFACTOR)) await runner.query(`ALTER TABLE public.${table} RESET (fillfactor)`);
    await runner.query(`DROP INDEX public.index_jobs_unfinished`);
    for (const [name, columns] of NOT_NEEDED) await runner.query(`CREATE INDEX ${name} ON public.${columns}`);
  }
}
