import type { Tx } from '../../database/transaction';
import { Problem } from '../problems/problem';
import type { CreateBuild } from '../requests/create-build.schema';
import { accountOf } from './account.rows';

type GivenRepository = CreateBuild['repository'];

/** A repository whose row this transaction holds, so that nobody else takes the same build number. */
export interface LockedRepository {
  readonly id: number;
  readonly private: boolean;
  readonly ownerType: string | null;
  readonly ownerId: number | null;
  /** Number of the build to be created. */
  readonly buildNumber: number;
  /** The time of the creation, taken once the row was held: later builds of a repository have later times. */
  readonly now: string;
}

/**
 * Finds the repository of a new build, creates it when it is unknown, locks it and takes the next build number.
 *
 * What the request says about a repository that exists already is not written: others keep that row.
 * @throws Problem 422 when the id is unknown, or when owner and name belong to another repository.
 */
export async function lockRepository(tx: Tx, given: GivenRepository): Promise<LockedRepository> {
  const id = given.id ?? (await findRepository(tx, given)) ?? (await createRepository(tx, given));
  const rows = await tx.query<{ id: number }>('SELECT id FROM repositories WHERE id = $1 FOR NO KEY UPDATE', [id]);
  if (rows.length === 0) {
    throw new Problem('unprocessable', {
      detail: `There is no repository ${id}. Give its owner_name and name instead, and it is created.`,
      errors: [{ path: 'repository.id', message: 'is unknown' }],
    });
  }
  return takeBuildNumber(tx, id);
}

interface TakenRow {
  private: boolean | null;
  owner_type: string | null;
  owner_id: number | null;
  build_number: number;
  now: string;
}

/** Numbers are given out by whoever creates builds; the newest build counts when the column was not kept. */
async function takeBuildNumber(tx: Tx, id: number): Promise<LockedRepository> {
  const rows = await tx.query<TakenRow>(
    `WITH next AS (
       SELECT greatest(coalesce(r.next_build_number, 1),
                       coalesce((SELECT max(b.unique_number) FROM builds b
                                  WHERE b.repository_id = r.id AND b.unique_number > 0), 0) + 1) AS number
         FROM repositories r WHERE r.id = $1)
     UPDATE repositories r
        SET next_build_number = next.number + 1, updated_at = clock_timestamp() AT TIME ZONE 'UTC'
       FROM next WHERE r.id = $1
     RETURNING r.private, r.owner_type, r.owner_id, next.number AS build_number,
               (clock_timestamp() AT TIME ZONE 'UTC')::text AS now`,
    [id],
  );
  const row = rows[0]!;
  return {
    id,
    private: row.private ?? false,
    ownerType: row.owner_type,
    ownerId: row.owner_id,
    buildNumber: row.build_number,
    now: row.now,
  };
}

interface FoundRow {
  id: number;
  github_id: number | null;
}

/** The id on GitHub survives a rename, so it counts more than the name. */
async function findRepository(tx: Tx, given: GivenRepository): Promise<number | null> {
  const rows = await tx.query<FoundRow>(
    `SELECT id, github_id FROM repositories WHERE github_id = $1::integer
     UNION ALL
     (SELECT id, github_id FROM repositories WHERE owner_name = $2 AND name = $3 AND invalidated_at IS NULL ORDER BY id LIMIT 1)
     LIMIT 1`,
    [given.github_id ?? null, given.owner_name, given.name],
  );
  const found = rows[0];
  if (!found) return null;
  if (given.github_id !== undefined && found.github_id !== null && found.github_id !== given.github_id) {
    throw new Problem('unprocessable', {
      detail: `${given.owner_name}/${given.name} is known with github_id ${found.github_id}, not ${given.github_id}. Correct one of them.`,
      errors: [{ path: 'repository.github_id', message: 'belongs to another repository' }],
    });
  }
  return found.id;
}

async function createRepository(tx: Tx, given: GivenRepository): Promise<number> {
  const { owner_name: owner, name } = given;
  if (owner === undefined || name === undefined)
    throw new Error('a repository without id and name passed the check of its request');
  // No unique index covers owner and name: without this lock two first builds would create the repository twice.
  await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`hub:repository:${owner}/${name}`]);
  const found = await findRepository(tx, given);
  if (found !== null) return found;
  const account = await accountOf(tx, owner, given.owner_type);
  const columns: Readonly<Record<string, unknown>> = {
    name,
    owner_name: owner,
    owner_email: given.owner_email,
    owner_type: account.type,
    owner_id: account.id,
    url: given.url,
    description: given.description,
    active: true,
    private: given.private ?? false,
    github_id: given.github_id,
    vcs_type: given.vcs_type ?? 'GithubRepository',
    vcs_id: given.vcs_id ?? given.github_id?.toString(),
    vcs_slug: given.vcs_slug,
    default_branch: given.default_branch,
    next_build_number: 1,
  };
  const names = Object.keys(columns);
  const rows = await tx.query<{ id: number }>(
    `INSERT INTO repositories (${names.join(', ')}, created_at, updated_at)
     VALUES (${names.map((_, index) => `$${index + 1}`).join(', ')}, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
     RETURNING id`,
    names.map((column) => columns[column] ?? null),
  );
  return rows[0]!.id;
}
