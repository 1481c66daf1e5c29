import type { MigrationInterface, QueryRunner } from 'typeorm';

import { existingTables, isTravisDatabase, type Query } from '../existing-schema';
import { CI_SCHEMA_DOWN, CI_SCHEMA_UP, CI_TABLES } from './ci';

/** The CI tables in `public`: created on an empty database, left byte for byte alone on a Travis database (D8). */
export class CiTables1764000000000 implements MigrationInterface {
  readonly name = 'CiTables1764000000000';

  /** @throws Error when some CI tables exist but nothing says whose they are. */
  async up(runner: QueryRunner): Promise<void> {
    const query: Query = (sql, params) => runner.query(sql, params);
    if (await isTravisDatabase(query)) return;
    const found = await existingTables(query, CI_TABLES);
    if (found.length > 0) throw new Error(explain(found));
    await this.mayCreate(query);
    for (const statement of CI_SCHEMA_UP) await runner.query(statement);
  }

  /** @throws Error when there are builds: reversing must not be how they get lost. */
  async down(runner: QueryRunner): Promise<void> {
    if (await isTravisDatabase((sql, params) => runner.query(sql, params))) return;
    const builds = (await runner.query('SELECT FROM public.builds LIMIT 1')) as unknown[];
    if (builds.length > 0) {
      throw new Error(
        'Reversing this migration drops all CI tables, and there are builds in them. Delete them first (TRUNCATE public.builds CASCADE) if you mean it.',
      );
    }
    for (const statement of CI_SCHEMA_DOWN) await runner.query(statement);
  }

  /** Since PostgreSQL 15 only the owner of a database may create in its schema public. */
  private async mayCreate(query: Query): Promise<void> {
    const rows = (await query(`SELECT current_user AS role, has_schema_privilege('public', 'CREATE') AS allowed`)) as {
      role: string;
      allowed: boolean;
    }[];
    const [{ role, allowed } = { role: '', allowed: true }] = rows;
    if (allowed) return;
    throw new Error(
      `Role ${role} may not create tables in schema public. Let an administrator run: GRANT CREATE ON SCHEMA public TO "${role}"`,
    );
  }
}

function explain(found: readonly string[]): string {
  return [
    `Schema public already holds ${found.length} of the ${CI_TABLES.length} CI tables (${found.join(', ')}), but neither`,
    'a record that Hub created them (hub.migrations) nor the bookkeeping of a Travis database (schema_migrations beside',
    'queueable_jobs or job_versions). Hub changes nothing it does not own. Point DATABASE_URL at an empty database or at a',
    'complete Travis database. If these tables are complete and managed by somebody else, say so by creating an empty',
    'table public.schema_migrations (version varchar).',
  ].join(' ');
}
