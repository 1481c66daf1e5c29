import type { HandoverDeps } from './deps';
import type { Handover } from './handover';
import { oneTarget } from './one-target';

/** travis-logsearch reads the log of a job some time after its end, when all of the log has arrived. */
export function logsearch({ config }: HandoverDeps): Handover<null> {
  return {
    name: 'logsearch',
    expected: config.sidekiq.logsearchEnabled,
    events: ['job:finished'],
    targets: () => oneTarget('logsearch'),
    job: async ({ event }) => ({
      queue: 'logsearch',
      class: 'Travis::LogSearch::Worker',
      args: [event.job_id],
      delayMs: config.sidekiq.logsearchDelayMs,
    }),
  };
}
