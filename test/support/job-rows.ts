import type { JobState } from '../../src/contracts/states';
import type { TestDatabase } from './database';
import { insertBuild } from './rows';

/** Inserts a build with one job in each of these states, its own state being that of its first job as far as builds know it. */
export async function insertJobsIn(
  database: TestDatabase,
  ...states: readonly JobState[]
): Promise<{ buildId: number; jobIds: readonly number[] }> {
  const { buildId, jobIds } = await insertBuild(database, { jobs: states.length });
  for (const [nth, id] of jobIds.entries()) {
    await database.query('UPDATE jobs SET state = $2 WHERE id = $1', [id, states[nth]]);
    await database.query('DELETE FROM queueable_jobs WHERE job_id = $1', [id]);
  }
  const first = states[0] ?? 'created';
  const build = first === 'queued' || first === 'received' ? 'created' : first;
  await database.query('UPDATE builds SET state = $2 WHERE id = $1', [buildId, build]);
  return { buildId, jobIds };
}

/** Has the rows of jobs look as if they were last written so many hours ago, which their trigger would not allow. */
export async function ageJobs(database: TestDatabase, jobIds: readonly number[], hours: number): Promise<void> {
  await database.query(
    `ALTER TABLE jobs DISABLE TRIGGER set_updated_at_on_jobs;
     UPDATE jobs SET updated_at = (clock_timestamp() AT TIME ZONE 'UTC') - interval '${hours} hours'
      WHERE id IN (${jobIds.join(', ')});
     ALTER TABLE jobs ENABLE TRIGGER set_updated_at_on_jobs`,
  );
}

/** What the workers were told about a job: the reasons, in order. */
export async function toldToStop(database: TestDatabase, jobId: number | undefined): Promise<string[]> {
  const rows = await database.query<{ reason: string }>(
    `SELECT payload ->> 'reason' AS reason FROM hub.deliveries
      WHERE job_id = $1 AND channel = 'worker-commands' ORDER BY id`,
    [jobId],
  );
  return rows.map(({ reason }) => reason);
}
