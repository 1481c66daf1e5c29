import { NO_ELEMENT } from '../../channel';
import type { HandoverDeps } from '../deps';
import { isFeatureOn } from '../facts/feature-flags';
import { readGithubAccess, readGithubTokens } from '../facts/github-access';
import type { Handover } from '../handover';
import { BUILD_EVENTS } from './build-events';
import { buildTask, taskTarget } from './build-task';

/**
 * Commit statuses (notifications.md §2). A repository that is managed by the app gets check runs instead, unless its
 * installation of Travis is told to send both.
 */
export function githubStatus(deps: HandoverDeps): Handover<null> {
  const { statements, redis, config } = deps;
  return {
    name: 'github-status',
    events: BUILD_EVENTS,
    targets: (notice) => [taskTarget('github-status', notice, NO_ELEMENT, null)],
    async job(notice) {
      const { facts } = notice;
      const { installation, managed } = await readGithubAccess(statements, facts);
      if (managed && !(redis !== null && (await isFeatureOn(redis, 'use_commit_status', facts)))) {
        return { kind: 'dropped', reason: 'the repository is managed by the GitHub app: it gets check runs' };
      }
      const tokens = await readGithubTokens(statements, facts, config.encryption.key);
      if (!managed && Object.keys(tokens).length === 0) {
        return { kind: 'dropped', reason: 'no user of the repository could tell GitHub, and the app is not installed' };
      }
      const unreadable = config.encryption.key === null && Object.values(tokens).every((token) => token === null);
      if (unreadable && installation === null) {
        return { kind: 'rejected', reason: 'no OAuth token can be read: set ENCRYPTION_KEY, then send it again' };
      }
      return buildTask('github_status', deps, notice, () => ({ tokens, installation }));
    },
  };
}
