import type { ChannelDirectory, DeliveryOutcome, Notice } from '../../channel';
import { shaOf } from './about';
import type { CommitStatus } from './commit-status';
import { repositoryPath, type GithubApi } from './github-api';
import type { Teller } from './tell-status';

const NOBODY = 'no user of the repository could tell GitHub, and the app is not installed';
const NO_APP = 'the GitHub app is installed, but Hub does not know it: set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY';
const UNREADABLE = 'no OAuth token can be read: set ENCRYPTION_KEY, then send it again';

/**
 * Who may set a commit status, best first: the app where it is installed, the committer, those who administer the
 * repository, those who push to it (notifications.md §2).
 *
 * @returns what becomes of the delivery when there is nobody
 */
export async function tellersOf(
  notice: Notice,
  status: CommitStatus,
  { api, directory, signal }: { api: GithubApi; directory: ChannelDirectory; signal: AbortSignal },
): Promise<readonly Teller[] | DeliveryOutcome> {
  const [{ installation }, tokens] = await Promise.all([
    directory.githubAccess(notice.facts),
    directory.githubTokens(notice.facts),
  ]);
  const route = `POST ${repositoryPath(notice.facts)}/statuses/{sha}`;
  const request = { route, parameters: { ...status, sha: shaOf(notice) }, signal };
  const users = Object.entries(tokens).flatMap(([name, token]): Teller[] =>
    token === null ? [] : [{ name, kind: 'user', key: token, send: () => api.send(token, request) }],
  );
  if (installation !== null && api.hasApp) {
    const send = () => api.sendAsInstallation(installation, request);
    return [{ name: 'the app', kind: 'app', key: `installation ${installation}`, send }, ...users];
  }
  if (users.length > 0) return users;
  if (Object.keys(tokens).length > 0) return { kind: 'rejected', reason: UNREADABLE };
  return installation === null ? { kind: 'dropped', reason: NOBODY } : { kind: 'rejected', reason: NO_APP };
}
