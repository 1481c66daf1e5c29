import type { Check } from './common';

/** Fills places whose events are gone: they can be told no more, but nobody waits for them for ever. */
const FILL = `
  INSERT INTO hub.events (build_id, seq, name, at, snapshot, planned_at)
  SELECT $1, n, 'event:lost', (clock_timestamp() AT TIME ZONE 'UTC'),
         jsonb_build_object('build', jsonb_build_object('id', $1::bigint), 'cause', jsonb_build_object('command', 'doctor')),
         (clock_timestamp() AT TIME ZONE 'UTC')
    FROM generate_series($2::integer, $3::integer) n
      ON CONFLICT (build_id, seq) DO NOTHING`;

/** The events of a build are numbered from 1 without gaps; `hub.builds.last_seq` is the last of them (D9). */
export const NUMBERING_CHECKS: readonly Check[] = [
  {
    name: 'events-missing',
    // Retention deletes from the front, so what is missing there is not lost.
    sql: `SELECT g.build_id, g.from_seq, g.to_seq FROM (
            SELECT e.build_id, e.seq + 1 AS from_seq,
                   coalesce(lead(e.seq) OVER (PARTITION BY e.build_id ORDER BY e.seq), own.last_seq + 1) - 1 AS to_seq
              FROM own JOIN hub.events e ON e.build_id = own.build_id) g
           WHERE g.to_seq >= g.from_seq ORDER BY g.build_id, g.from_seq LIMIT $1`,
    explain: ({ build_id, from_seq, to_seq }) =>
      from_seq === to_seq
        ? `Event ${String(from_seq)} of build ${build_id} is gone from the log.`
        : `Events ${String(from_seq)} to ${String(to_seq)} of build ${build_id} are gone from the log.`,
    mend: ({ build_id, from_seq, to_seq }) => ({
      kind: 'statement',
      sql: FILL,
      parameters: [build_id, from_seq, to_seq],
    }),
  },
  {
    name: 'numbering-behind',
    sql: `SELECT own.build_id, own.last_seq, max(e.seq) AS max_seq
            FROM own JOIN hub.events e ON e.build_id = own.build_id
           GROUP BY own.build_id, own.last_seq HAVING max(e.seq) > own.last_seq ORDER BY own.build_id LIMIT $1`,
    explain: ({ build_id, last_seq, max_seq }) =>
      `Build ${build_id} has ${String(max_seq)} events, but the next one would get number ${Number(last_seq) + 1}: every message about it would fail.`,
    mend: ({ build_id }) => ({
      kind: 'statement',
      sql: `UPDATE hub.builds SET last_seq = m.seq
              FROM (SELECT max(seq) AS seq FROM hub.events WHERE build_id = $1) m
             WHERE build_id = $1 AND last_seq < m.seq`,
      parameters: [build_id],
    }),
  },
  {
    name: 'run-behind',
    sql: `SELECT own.build_id, j.id AS job_id, max(r.run) AS run
            FROM own JOIN jobs j ON j.source_id = own.build_id AND j.source_type = 'Build'
            JOIN hub.job_runs r ON r.job_id = j.id
           GROUP BY own.build_id, j.id
          HAVING max(r.run) > coalesce((SELECT h.run FROM hub.jobs h WHERE h.job_id = j.id), 1) ORDER BY j.id LIMIT $1`,
    explain: ({ build_id, job_id, run }) =>
      `Job ${job_id} of build ${build_id} was reported in run ${String(run)}, but an earlier one is noted: what is done for it would be dropped as outlived.`,
    mend: ({ job_id }) => ({
      kind: 'statement',
      sql: `INSERT INTO hub.jobs (job_id, run) SELECT $1, max(run) FROM hub.job_runs WHERE job_id = $1
            ON CONFLICT (job_id) DO UPDATE SET run = greatest(hub.jobs.run, excluded.run)`,
      parameters: [job_id],
    }),
  },
];
