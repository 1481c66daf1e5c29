import { FINISHED, type Check, type FoundRow } from './common';

const reconcile = ({ build_id }: FoundRow) => ({ kind: 'reconcile', buildId: Number(build_id) }) as const;
const text = (value: unknown) => (typeof value === 'string' ? value : 'unknown');

/** A stage or build is over exactly when its jobs are (states.md §3, §4). */
export const ROLL_UP_CHECKS: readonly Check[] = [
  {
    name: 'build-open',
    sql: `SELECT b.id AS build_id, coalesce(b.state, 'created') AS state FROM own JOIN builds b ON b.id = own.build_id
           WHERE coalesce(b.state, '') NOT IN ${FINISHED}
             AND EXISTS (SELECT 1 FROM jobs j WHERE j.source_id = b.id AND j.source_type = 'Build')
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.source_id = b.id AND j.source_type = 'Build'
                              AND coalesce(j.state, '') NOT IN ${FINISHED})
           ORDER BY b.id LIMIT $1`,
    explain: ({ build_id, state }) =>
      `All jobs of build ${build_id} have ended, but the build is still ${text(state)}.`,
    mend: reconcile,
  },
  {
    name: 'build-ended-early',
    sql: `SELECT b.id AS build_id, b.state, j.id AS job_id, coalesce(j.state, 'created') AS job_state
            FROM own JOIN builds b ON b.id = own.build_id
            CROSS JOIN LATERAL (
              SELECT j.id, j.state FROM jobs j WHERE j.source_id = b.id AND j.source_type = 'Build'
                 AND j.allow_failure IS NOT TRUE AND coalesce(j.state, '') NOT IN ${FINISHED} ORDER BY j.id LIMIT 1) j
           WHERE b.state IN ${FINISHED} ORDER BY b.id LIMIT $1`,
    explain: ({ build_id, state, job_id, job_state }) =>
      `Build ${build_id} has ended as ${text(state)}, but its job ${job_id}, which has to end first, is still ${text(job_state)}.`,
    mend: reconcile,
  },
  {
    name: 'stage-open',
    sql: `SELECT own.build_id, s.id AS stage_id, coalesce(s.state, 'created') AS state
            FROM own JOIN stages s ON s.build_id = own.build_id
           WHERE coalesce(s.state, '') NOT IN ${FINISHED}
             AND EXISTS (SELECT 1 FROM jobs j WHERE j.stage_id = s.id)
             AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.stage_id = s.id AND coalesce(j.state, '') NOT IN ${FINISHED})
           ORDER BY s.id LIMIT $1`,
    explain: ({ build_id, stage_id, state }) =>
      `All jobs of stage ${String(stage_id)} of build ${build_id} have ended, but the stage is still ${text(state)}.`,
    mend: reconcile,
  },
  {
    name: 'stage-ended-early',
    sql: `SELECT own.build_id, s.id AS stage_id, s.state, j.id AS job_id, coalesce(j.state, 'created') AS job_state
            FROM own JOIN stages s ON s.build_id = own.build_id
            CROSS JOIN LATERAL (
              SELECT j.id, j.state FROM jobs j WHERE j.stage_id = s.id AND j.allow_failure IS NOT TRUE
                 AND coalesce(j.state, '') NOT IN ${FINISHED} ORDER BY j.id LIMIT 1) j
           WHERE s.state IN ${FINISHED} ORDER BY s.id LIMIT $1`,
    explain: ({ build_id, stage_id, state, job_id, job_state }) =>
      `Stage ${String(stage_id)} of build ${build_id} has ended as ${text(state)}, but its job ${job_id} is still ${text(job_state)}.`,
    mend: reconcile,
  },
  {
    name: 'repository-columns',
    sql: `SELECT b.id AS build_id, r.id AS repository_id, r.last_build_state, b.state
            FROM own JOIN builds b ON b.id = own.build_id JOIN repositories r ON r.id = b.repository_id AND r.last_build_id = b.id
           WHERE coalesce(r.last_build_state, '') <> coalesce(b.state, '')
             AND EXISTS (SELECT 1 FROM hub.events e WHERE e.build_id = b.id AND e.name LIKE 'build:%')
           ORDER BY b.id LIMIT $1`,
    explain: ({ build_id, repository_id, last_build_state, state }) =>
      `Repository ${String(repository_id)} shows its last build ${build_id} as ${text(last_build_state)}, but that is ${text(state)}.`,
    mend: reconcile,
  },
];
