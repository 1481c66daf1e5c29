import { EVENT_NAMES } from '../channel';
import type { HandoverDeps } from './deps';
import { readAudience } from './facts/audience';
import { readBuildDetails } from './facts/build-details';
import type { Handover } from './handover';
import { liveUpdate } from './live-payload';
import { oneTarget } from './one-target';

/**
 * travis-live shows every change on the web at once. In order for each repository: a page that is told of an older state
 * last would go on showing it.
 */
export function live({ statements }: HandoverDeps): Handover<null> {
  return {
    name: 'pusher',
    events: EVENT_NAMES,
    targets: ({ facts }) => oneTarget('pusher', { orderKey: String(facts.repository.id) }),
    async job(notice) {
      const [details, users] = await Promise.all([
        readBuildDetails(statements, notice),
        readAudience(statements, notice.facts.repository.id),
      ]);
      if (!details) return { kind: 'dropped', reason: 'the build no longer exists' };
      const { name, payload } = liveUpdate(notice, details);
      return {
        queue: 'pusher-live',
        class: 'Travis::Async::Sidekiq::Worker',
        args: [null, 'Travis::Addons::Pusher::Task', 'perform', payload, { event: name, user_ids: users }],
      };
    },
  };
}
