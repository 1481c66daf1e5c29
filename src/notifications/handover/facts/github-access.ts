import type { Statements } from '../../../database';
import type { NoticeFacts } from '../../notice';
import { readEncryptedColumn } from '../../secrets/encrypted-column';

/** How GitHub may be told about a repository. */
export interface GithubAccess {
  /** GitHub's id of the owner's installation of the app; null without one. */
  readonly installation: number | null;
  /** The repository is managed by that installation. */
  readonly managed: boolean;
}

/** Whether the app is installed for the owner of a repository, and manages it. */
export async function readGithubAccess(statements: Statements, { repository }: NoticeFacts): Promise<GithubAccess> {
  const [row] = await statements.run<{ installation: number | null; managed: boolean }>(
    `SELECT (SELECT i.github_id FROM public.installations i
              WHERE i.owner_id = r.owner_id AND i.owner_type = r.owner_type AND i.removed_by_id IS NULL) AS installation,
            r.managed_by_installation_at IS NOT NULL AS managed
       FROM public.repositories r WHERE r.id = $1`,
    [repository.id],
  );
  const installation = row?.installation ?? null;
  return { installation, managed: row?.managed === true && installation !== null };
}

/**
 * OAuth tokens by login, best first: the committer's, then those of users who may administer the repository or push to
 * it. A token that cannot be read is null, which receivers skip.
 *
 * @param key ENCRYPTION_KEY.
 */
export async function readGithubTokens(
  statements: Statements,
  { repository, commit }: NoticeFacts,
  key: string | null,
): Promise<Readonly<Record<string, string | null>>> {
  const [committer, permitted] = await Promise.all([
    statements.run<UserRow>(
      `SELECT u.login, u.github_oauth_token FROM public.emails e JOIN public.users u ON u.id = e.user_id
        WHERE e.email = $1 ORDER BY e.id LIMIT 1`,
      [commit?.committer_email ?? null],
    ),
    statements.run<UserRow>(
      `SELECT u.login, u.github_oauth_token FROM public.permissions p JOIN public.users u ON u.id = p.user_id
        WHERE p.repository_id = $1 AND (p.admin OR p.push) ORDER BY p.admin DESC NULLS LAST, p.id`,
      [repository.id],
    ),
  ]);
  const tokens = new Map<string, string | null>();
  for (const { login, github_oauth_token } of [...committer, ...permitted]) {
    if (login !== null && !tokens.has(login)) tokens.set(login, readEncryptedColumn(github_oauth_token, key));
  }
  return Object.fromEntries(tokens);
}

interface UserRow extends Record<string, unknown> {
  readonly login: string | null;
  readonly github_oauth_token: string | null;
}
