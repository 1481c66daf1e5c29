import type { Statements } from '../../../database';

/** Ids of the users who may see a repository: each has a channel of their own for live updates. */
export async function readAudience(statements: Statements, repositoryId: number): Promise<readonly number[]> {
  const rows = await statements.run<{ user_id: number }>(
    'SELECT user_id FROM public.permissions WHERE repository_id = $1 AND user_id IS NOT NULL ORDER BY user_id',
    [repositoryId],
  );
  return rows.map(({ user_id }) => user_id);
}
