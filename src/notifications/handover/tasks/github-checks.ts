import { NO_ELEMENT } from '../../channel';
import type { HandoverDeps } from '../deps';
import { readGithubAccess } from '../facts/github-access';
import type { Handover } from '../handover';
import { BUILD_EVENTS } from './build-events';
import { buildTask, taskTarget } from './build-task';

/** Check runs, for repositories that the GitHub app manages (notifications.md §3). */
export function githubChecks(deps: HandoverDeps): Handover<null> {
  return {
    name: 'github-checks',
    events: BUILD_EVENTS,
    targets: (notice) => [taskTarget('github-checks', notice, NO_ELEMENT, null)],
    async job(notice) {
      const { installation, managed } = await readGithubAccess(deps.statements, notice.facts);
      if (!managed) return { kind: 'dropped', reason: 'the repository is not managed by the GitHub app' };
      return buildTask('github_check_status', deps, notice, () => ({ installation }));
    },
  };
}
