import type { Notice } from '../channel';
import type { HandoverDeps } from './deps';
import { readBuildDetails, type BuildDetails } from './facts/build-details';
import type { Handover } from './handover';
import { oneTarget } from './one-target';
import { toldAs, toMilliseconds } from './wire-words';

/** travis-insights counts builds and jobs. It knows three events only: what is canceled is told as finished. */
export function insights({ config, statements }: HandoverDeps): Handover<null> {
  return {
    name: 'insights',
    redis: 'insights',
    expected: config.sidekiq.insightsEnabled,
    events: [
      'build:created',
      'build:started',
      'build:finished',
      'build:canceled',
      'build:restarted',
      'job:created',
      'job:started',
      'job:finished',
      'job:canceled',
      'job:restarted',
    ],
    targets: () => oneTarget('insights'),
    async job(notice) {
      const details = await readBuildDetails(statements, notice);
      if (!details) return { kind: 'dropped', reason: 'the build no longer exists' };
      const event = toldAs(notice.event.name).replace('canceled', 'finished');
      return {
        queue: config.sidekiq.insights,
        class: 'Travis::Insights::Worker',
        args: ['event', { event, data: insightsData(notice, details) }],
        dead: false,
      };
    },
  };
}

/** What is counted (wire.md §5.3). What was started over counts from then. */
export function insightsData({ event, facts }: Notice, details: BuildDetails): Record<string, unknown> {
  const { build, job } = event.snapshot;
  const subject = job ?? build;
  const row = job ? details.jobs.get(job.id) : details;
  return {
    type: job ? 'Job' : 'Build',
    id: subject.id,
    owner_type: row?.owner_type ?? null,
    owner_id: row?.owner_id ?? null,
    repository_id: facts.repository.id,
    private: row?.private ?? false,
    state: subject.state,
    created_at: toMilliseconds(subject.restarted_at ?? row?.created_at ?? null),
    started_at: toMilliseconds(subject.started_at),
    finished_at: toMilliseconds(subject.finished_at),
  };
}
