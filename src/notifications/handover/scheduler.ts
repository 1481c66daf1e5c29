import type { HandoverDeps } from './deps';
import type { Handover } from './handover';
import { oneTarget } from './one-target';
import { toldAs } from './wire-words';

/** travis-scheduler queues the next jobs when one was created or ended. A lane of its own: builds wait for it. */
export function scheduler({ config }: HandoverDeps): Handover<null> {
  return {
    name: 'scheduler',
    events: ['job:created', 'job:finished', 'job:canceled', 'job:restarted'],
    lane: 'scheduler',
    targets: () => oneTarget('scheduler'),
    job: async ({ event }) => ({
      queue: config.sidekiq.scheduler,
      class: 'Travis::Scheduler::Worker',
      args: ['event', toldAs(event.name), { id: event.job_id }],
    }),
  };
}
