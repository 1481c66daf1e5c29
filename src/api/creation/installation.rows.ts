import type { Tx } from '../../database/transaction';
import { Problem } from '../problems/problem';
import type { LockedRepository } from './repository.rows';

/**
 * Notes that the GitHub app is installed for the owner of a repository, and manages the repository: it gets check runs.
 *
 * Unlike all else that a request says about a repository this is written for a known one, too: an app can be installed,
 * or installed anew under another id, at any time.
 * @param id GitHub's, of the installation
 * @throws Problem 422 when the installation is known to be another owner's, or to have been removed.
 */
export async function noteInstallation(tx: Tx, repository: LockedRepository, id: number): Promise<void> {
  const [known] = await tx.query<{ fits: boolean }>(
    `SELECT owner_type = $2 AND owner_id = $3 AND removed_by_id IS NULL AS fits FROM installations WHERE github_id = $1`,
    [id, repository.ownerType, repository.ownerId],
  );
  if (repository.ownerId === null || known?.fits === false) {
    throw new Problem('unprocessable', {
      detail: `Installation ${id} is not one of the owner of this repository. Leave it out, or name the owner's.`,
      errors: [{ path: 'repository.installation_id', message: 'belongs to another owner, or was removed' }],
    });
  }
  await tx.query(
    `INSERT INTO installations AS known (github_id, owner_type, owner_id, created_at, updated_at)
     VALUES ($1, $2, $3, $4::timestamp, $4::timestamp)
     ON CONFLICT (owner_id, owner_type) WHERE removed_by_id IS NULL
     DO UPDATE SET github_id = excluded.github_id, updated_at = excluded.updated_at
             WHERE known.github_id IS DISTINCT FROM excluded.github_id`,
    [id, repository.ownerType, repository.ownerId, repository.now],
  );
  await tx.query(
    `UPDATE repositories SET managed_by_installation_at = $2::timestamp WHERE id = $1 AND managed_by_installation_at IS NULL`,
    [repository.id, repository.now],
  );
}
