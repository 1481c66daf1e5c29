/**
 * The statements of one of Hub's batches (src/unit-of-work, src/events/event-log.ts), for programs that do nothing else.
 * Keep them in step: they are what "the limit" stands for. Left out is what few messages need: restarts, remembered
 * messages, what is to be told to workers.
 */

const JOB = `id, source_id AS build_id, repository_id, stage_id, number, allow_failure, queue, state, queued_at,
  received_at, started_at, finished_at, canceled_at, restarted_at, vm_size, restarted_by`;

export type Row = Record<string, string | number | boolean | null>;

/** Columns that are written, in the order of the bits in a row's mask, with their types. */
const COLUMNS = {
  jobs: {
    state: 'varchar',
    queued_at: 'timestamp',
    received_at: 'timestamp',
    started_at: 'timestamp',
    finished_at: 'timestamp',
    canceled_at: 'timestamp',
    restarted_at: 'timestamp',
    vm_size: 'varchar',
    restarted_by: 'integer',
  },
  stages: { state: 'varchar', started_at: 'timestamp', finished_at: 'timestamp' },
  builds: {
    state: 'varchar',
    duration: 'integer',
    received_at: 'timestamp',
    started_at: 'timestamp',
    finished_at: 'timestamp',
    canceled_at: 'timestamp',
    restarted_at: 'timestamp',
  },
  repositories: {
    last_build_id: 'integer',
    last_build_number: 'varchar',
    last_build_state: 'varchar',
    last_build_duration: 'integer',
    last_build_started_at: 'timestamp',
    last_build_finished_at: 'timestamp',
    current_build_id: 'bigint',
  },
} as const;

/** $1 are ids, $2 bit masks of the columns that change, then one array for each column. */
function update(table: keyof typeof COLUMNS, extra = ''): string {
  const columns = Object.entries(COLUMNS[table]);
  const assignments = columns.map(
    ([name], bit) => `${name} = CASE WHEN c.mask & ${1 << bit} <> 0 THEN c.${name} ELSE t.${name} END`,
  );
  const arrays = columns.map(([, type], i) => `$${i + 3}::${type}[]`);
  return `UPDATE ${table} t SET ${assignments.join(', ')}${extra}
    FROM unnest($1::bigint[], $2::integer[], ${arrays.join(', ')}) AS c(id, mask, ${columns.map(([name]) => name).join(', ')})
    WHERE t.id = c.id`;
}

/** One statement of several, with the parameters of each behind those of the one before. */
function together(...writes: readonly string[]): string {
  let before = 0;
  const parts = writes.map((sql, i) => {
    const offset = before;
    before += Math.max(...[...sql.matchAll(/\$(\d+)/g)].map(([, nth]) => Number(nth)));
    return `w${i} AS (${sql.replace(/\$(\d+)/g, (_, nth: string) => `$${Number(nth) + offset}`)})`;
  });
  return `WITH ${parts.join(',\n')} SELECT * FROM w${writes.length - 1}`;
}

export const BEGIN = `BEGIN ISOLATION LEVEL READ COMMITTED; SELECT set_config('timezone', 'UTC', true),
  set_config('search_path', 'public', true), set_config('lock_timeout', '1000', true),
  set_config('statement_timeout', '10000', true), set_config('idle_in_transaction_session_timeout', '15000', true),
  set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
  set_config('jit', 'off', true)`;

/** Under the names by which they are prepared. */
export const BARE = {
  lockBuilds: `SELECT id, repository_id, number, state, previous_state, config_id, duration, received_at, started_at, finished_at,
      canceled_at, restarted_at FROM builds
    WHERE id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
    ORDER BY id FOR NO KEY UPDATE`,
  lockRepositories: `SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at,
      last_build_finished_at, current_build_id
    FROM repositories WHERE id = ANY ($1::integer[]) ORDER BY id FOR NO KEY UPDATE`,
  loadJobs: `WITH locked AS MATERIALIZED (
      SELECT ${JOB} FROM jobs
       WHERE source_type = 'Build' AND source_id = ANY ($3::bigint[]) AND (id = ANY ($1::bigint[]) OR source_id = ANY ($2::bigint[]))
       ORDER BY id FOR NO KEY UPDATE),
    reached AS (
      SELECT DISTINCT build_id FROM locked WHERE id = ANY ($4::bigint[]) OR id = ANY ($5::bigint[]) AND build_id = ANY ($6::bigint[])),
    loaded AS (
      SELECT *, true AS locked FROM locked
      UNION ALL
      SELECT ${JOB}, false FROM reached JOIN jobs ON source_type = 'Build' AND source_id = reached.build_id
       WHERE id <> ALL ($1::bigint[]) AND source_id <> ALL ($2::bigint[]))
    SELECT loaded.*, h.run FROM loaded LEFT JOIN hub.jobs h ON h.job_id = loaded.id ORDER BY loaded.id`,
  loadStages: `SELECT b.id AS build_id, n.last_seq, n.restarted_from, s.id, s.number, s.name, s.state, s.started_at, s.finished_at
    FROM unnest($1::bigint[]) AS b(id)
    LEFT JOIN hub.builds n ON n.build_id = b.id
    LEFT JOIN stages s ON s.build_id = b.id
    ORDER BY s.id`,
  loadRuns: `SELECT job_id, ordinal, uuid, last_count, received_at, instance_id, run FROM hub.job_runs
    WHERE job_id = ANY ($1::bigint[]) ORDER BY job_id, ordinal`,
  findOvertaken: `SELECT c.id FROM builds c
    CROSS JOIN LATERAL (
      SELECT max(n.id) AS id FROM builds n
       WHERE n.repository_id = c.repository_id AND n.id > c.id AND n.id <> ALL ($3::bigint[])
         AND n.state IN ('started', 'passed', 'failed', 'errored', 'canceled')) newer
    WHERE c.id = ANY (ARRAY(SELECT source_id::bigint FROM jobs WHERE id = ANY ($1::bigint[]) AND source_type = 'Build') || $2::bigint[])
      AND ($4 OR coalesce(c.state, 'created') NOT IN ('started', 'passed', 'failed', 'errored', 'canceled'))
      AND newer.id IS NOT NULL`,
  // Hub leaves out what a batch has no rows for; of 200 messages there are some for each.
  write: together(
    update('jobs'),
    'DELETE FROM queueable_jobs WHERE job_id = ANY ($1::bigint[])',
    update('stages'),
    update('builds'),
    update('repositories', `, updated_at = statement_timestamp() AT TIME ZONE 'UTC'`),
    `INSERT INTO hub.job_runs (job_id, ordinal, uuid, last_count, received_at, instance_id, run)
     SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[], $4::integer[], $5::timestamp[], $6::varchar[], $7::integer[])`,
    `UPDATE hub.job_runs r SET last_count = c.last_count, received_at = c.received_at, instance_id = c.instance_id, run = c.run
       FROM unnest($1::bigint[], $2::integer[], $3::integer[], $4::timestamp[], $5::varchar[], $6::integer[])
            AS c(job_id, ordinal, last_count, received_at, instance_id, run)
      WHERE r.job_id = c.job_id AND r.ordinal = c.ordinal`,
    `INSERT INTO hub.builds (build_id, last_seq, restarted_from) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::varchar[])
     ON CONFLICT (build_id) DO UPDATE SET last_seq = excluded.last_seq, restarted_from = excluded.restarted_from`,
    `INSERT INTO hub.events (build_id, seq, name, job_id, repository_id, at, snapshot, planned_at)
     SELECT build_id, seq, name, job_id, repository_id, $7::timestamp, snapshot, CASE WHEN planned THEN $7::timestamp END
       FROM ROWS FROM (
              unnest($1::bigint[], $2::integer[], $3::varchar[], $4::bigint[], $5::integer[], $6::boolean[]),
              jsonb_array_elements($8::jsonb)
            ) AS e(build_id, seq, name, job_id, repository_id, planned, snapshot)
     RETURNING id, build_id, seq`,
  ),
} as const;

/** The rows of a table that change, and which of their columns do. */
export class Changes {
  private readonly masks = new Map<Row, number>();
  private readonly columns: readonly string[];

  constructor(table: keyof typeof COLUMNS) {
    this.columns = Object.keys(COLUMNS[table]);
  }

  set(row: Row, values: Row): void {
    Object.assign(row, values);
    let mask = this.masks.get(row) ?? 0;
    for (const name of Object.keys(values)) mask |= 1 << this.columns.indexOf(name);
    this.masks.set(row, mask);
  }

  params(): unknown[] {
    const rows = [...this.masks.keys()];
    return [rows.map(({ id }) => id), [...this.masks.values()], ...arrays(rows, ...this.columns)];
  }
}

/** One array for each column, as `unnest` takes them. */
export function arrays(rows: Iterable<Row>, ...columns: readonly string[]): unknown[] {
  const list = [...rows];
  return columns.map((column) => list.map((row) => row[column] ?? null));
}
