/** An import that a rule must report, and a twin of it that must stay allowed. */
export interface BoundaryCase {
  readonly rule: string;
  /** Importing file, what it must not import, and what it may. */
  readonly from: string;
  readonly bad: string;
  readonly good: string;
}

export const CASES: readonly BoundaryCase[] = [
  { rule: 'every-folder-has-a-row', from: 'src/forgotten/a.ts', bad: 'shipped', good: '' },
  {
    rule: 'entity-list-names-entities',
    from: 'src/database/schema.ts',
    bad: 'src/jobs/jobs.service.ts',
    good: 'src/jobs/job.entity.ts',
  },
  { rule: 'edges-of-database', from: 'src/database/a.ts', bad: 'src/jobs/job.entity.ts', good: 'src/metrics/one.ts' },
  { rule: 'leaves-import-nothing', from: 'src/faults.ts', bad: 'src/contracts/clock.ts', good: '' },
  {
    rule: 'module-internals-are-private',
    from: 'src/intake/batcher.ts',
    bad: 'src/jobs/jobs.service.ts',
    good: 'src/jobs/index.ts',
  },
  {
    rule: 'module-internals-are-private',
    from: 'src/api/builds.controller.ts',
    bad: 'src/builds/domain/roll-up.ts',
    good: 'src/database/transaction.ts',
  },
  {
    rule: 'outsiders-use-the-barrel',
    from: 'src/main.ts',
    bad: 'src/jobs/jobs.module.ts',
    good: 'src/builds/index.ts',
  },
  {
    rule: 'domain-is-pure',
    from: 'src/jobs/domain/machine.ts',
    bad: 'shipped',
    good: 'src/contracts/states.ts',
  },
  {
    rule: 'domain-is-pure',
    from: 'src/builds/domain/fold.ts',
    bad: 'src/builds/build.entity.ts',
    good: 'src/builds/domain/stages.ts',
  },
  { rule: 'domain-is-pure', from: 'src/notifications/domain/retry.ts', bad: 'node:crypto', good: '' },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/webhook.ts',
    bad: 'src/database/errors.ts',
    good: 'src/notifications/channel.ts',
  },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/email/send.ts',
    bad: 'src/notifications/planner.ts',
    good: 'src/notifications/channels/email/body.ts',
  },
  {
    rule: 'channels-see-only-the-contract',
    from: 'src/notifications/channels/slack/send.ts',
    bad: 'src/notifications/channels/irc/colours.ts',
    good: 'src/notifications/channel-deps.ts',
  },
  { rule: 'no-own-barrel', from: 'src/events/bus.ts', bad: 'src/events/index.ts', good: 'src/events/log.ts' },
  { rule: 'no-own-barrel', from: 'src/config/load.ts', bad: 'src/config/index.ts', good: 'src/config/kinds.ts' },
  { rule: 'no-spec-in-main', from: 'src/jobs/one.ts', bad: 'src/jobs/two.spec.ts', good: 'src/jobs/two.ts' },
  { rule: 'no-test-in-main', from: 'src/jobs/three.ts', bad: 'test/support/database.ts', good: '' },
  { rule: 'not-to-dev-dep', from: 'src/workers/four.ts', bad: 'tool', good: 'shipped' },
  { rule: 'not-to-undeclared-package', from: 'src/workers/five.ts', bad: 'undeclared', good: 'node:path' },
];
