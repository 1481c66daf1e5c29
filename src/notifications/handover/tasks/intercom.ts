import { NO_ELEMENT } from '../../channel';
import type { HandoverDeps } from '../deps';
import { readBuildDetails } from '../facts/build-details';
import type { Handover } from '../handover';
import { taskTarget } from './build-task';
import { task } from './task';

/** Tells Intercom when a user built last (notifications.md §12). */
export function intercom(deps: HandoverDeps): Handover<null> {
  return {
    name: 'intercom',
    events: ['build:created', 'build:started', 'build:restarted'],
    targets: (notice) => [taskTarget('intercom', notice, NO_ELEMENT, null)],
    async job(notice) {
      const owner = (await readBuildDetails(deps.statements, notice))?.owner;
      if (owner?.type !== 'User') return { kind: 'dropped', reason: 'the build belongs to no user' };
      const params = { event: 'report_build', owner_id: String(owner.id), last_build_at: notice.event.at };
      return task('intercom', deps, {}, params);
    },
  };
}
