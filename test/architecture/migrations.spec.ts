import type { QueryRunner } from 'typeorm';
import { MIGRATIONS } from '../../src/database/schema';
import { destructiveParts } from './destructive';

/** They make the schema that every version knows. */
const FIRST = 2;
/** Migrations that take away what no version uses any more that may still run beside them. */
const CONTRACTIONS: ReadonlySet<string> = new Set([
  // Indexes, none of them unique. Of what came before only the sweep of stale jobs reads by one, once a minute: until its
  // replica is replaced it reads all jobs (ADR 13).
  'FewIndexes1764000000008',
]);

/** What a migration says to the database when it finds nothing there. */
async function statementsOf(migration: (typeof MIGRATIONS)[number]): Promise<string[]> {
  const statements: string[] = [];
  const query = (sql: string) => {
    statements.push(sql);
    return Promise.resolve([]);
  };
  await new migration().up({ query } as unknown as QueryRunner);
  return statements;
}

describe('Two versions on one database', () => {
  it.each(MIGRATIONS.slice(FIRST).map((migration) => [migration.name, migration] as const))(
    'can live with %s: it takes nothing away',
    async (name, migration) => {
      const statements = await statementsOf(migration);
      expect(statements).not.toEqual([]);
      expect(CONTRACTIONS.has(name) ? [] : destructiveParts(statements)).toEqual([]);
    },
  );

  it.each([
    'DROP TABLE hub.sweeps',
    'ALTER TABLE hub.events DROP COLUMN seq',
    'ALTER TABLE hub.events ALTER COLUMN seq DROP DEFAULT',
    'DROP INDEX hub.events_job',
    'ALTER TABLE hub.events RENAME COLUMN seq TO position',
    'ALTER TABLE hub.events RENAME TO history',
    'ALTER TABLE hub.events ALTER COLUMN seq TYPE bigint',
    'alter table hub.events alter seq set data type bigint',
    'ALTER TABLE hub.events ALTER COLUMN job_id SET NOT NULL',
    'ALTER TABLE hub.events ADD COLUMN shard integer NOT NULL',
    'ALTER TABLE hub.events ADD COLUMN a integer NOT NULL DEFAULT 0, ADD COLUMN b integer NOT NULL',
    'ALTER TABLE hub.events ADD CONSTRAINT positive CHECK (seq > 0)',
    'CREATE UNIQUE INDEX events_name ON hub.events (name)',
    'TRUNCATE hub.deliveries',
    `DELETE FROM hub.deliveries WHERE state = 'failed'`,
    'ALTER TABLE hub.events\n  -- no more\n  DROP\n  COLUMN seq',
  ])('could not live with %s', (statement) => {
    expect(destructiveParts([statement])).toHaveLength(1);
  });

  it.each([
    'ALTER TABLE hub.events ADD COLUMN shard integer',
    'ALTER TABLE hub.events ADD COLUMN shard integer NOT NULL DEFAULT 0',
    'ALTER TABLE hub.events ADD COLUMN shard integer DEFAULT 0 NOT NULL',
    'ALTER TABLE hub.events ALTER COLUMN name DROP NOT NULL',
    'CREATE INDEX events_name ON hub.events (name)',
    `COMMENT ON TABLE hub.events IS 'we never drop or rename it'`,
    `UPDATE hub.events SET name = 'drop table'`,
  ])('can live with %s', (statement) => {
    expect(destructiveParts([statement])).toEqual([]);
  });

  it('may do to a new table what it likes', () => {
    const made = 'CREATE TABLE hub.shards (id bigint NOT NULL, CHECK (id > 0))';
    const more = ['ALTER TABLE hub.shards ADD CONSTRAINT one UNIQUE (id)', 'CREATE UNIQUE INDEX s ON hub.shards (id)'];
    expect(destructiveParts([made, ...more])).toEqual([]);
    expect(destructiveParts(more)).toHaveLength(2);
  });
});
