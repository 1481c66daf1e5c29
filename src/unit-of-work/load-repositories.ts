import type { Tx } from '../database/transaction';
import type { RepositoryRecord } from './records';
import type { UnitOfWork } from './unit-of-work';

/**
 * Locks the repositories of builds that may change. A `receive`, or a further start, does not queue up behind others of its
 * repository.
 */
export async function lockRepositories(
  tx: Tx,
  uow: UnitOfWork,
  builds: readonly { readonly repository_id: number | null }[],
): Promise<void> {
  const ids = [...new Set(builds.map((row) => row.repository_id))].filter((id) => id !== null);
  if (ids.length === 0) return;
  const rows = await tx.query<{
    id: number;
    last_build_id: number | null;
    last_build_number: string | null;
    last_build_state: string | null;
    last_build_duration: number | null;
    last_build_started_at: Date | null;
    last_build_finished_at: Date | null;
    current_build_id: number | null;
  }>(
    `SELECT id, last_build_id, last_build_number, last_build_state, last_build_duration, last_build_started_at,
            last_build_finished_at, current_build_id
       FROM repositories WHERE id = ANY ($1::integer[]) ORDER BY id FOR NO KEY UPDATE`,
    [ids],
  );
  for (const row of rows) {
    const repository: RepositoryRecord = {
      id: row.id,
      lastBuildId: row.last_build_id,
      lastBuildNumber: row.last_build_number,
      lastBuildState: row.last_build_state,
      lastBuildDuration: row.last_build_duration,
      lastBuildStartedAt: row.last_build_started_at,
      lastBuildFinishedAt: row.last_build_finished_at,
      currentBuildId: row.current_build_id,
    };
    uow.repositories.set(row.id, repository);
    uow.track(repository);
  }
}
