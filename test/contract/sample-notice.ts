import type { EventName, JobSnapshot } from '../../src/contracts/event';
import type { BuildState } from '../../src/contracts/states';
import type { Notice } from '../../src/notifications/channel';

export interface Sample {
  readonly event?: EventName;
  readonly state?: BuildState;
  readonly previousState?: string | null;
  readonly buildId?: number;
  /** When it happened; years ago unless given. */
  readonly at?: string;
  /** Merged over the sample's build config. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** States that go with an event, so that a sample is one that can happen. */
const STATE_OF: Readonly<Record<string, BuildState>> = {
  created: 'created',
  restarted: 'created',
  started: 'started',
  canceled: 'canceled',
};

/** A notice as the planner makes it: a build of two jobs, frozen all through so that whoever changes it fails. */
export function sampleNotice({
  event = 'build:finished',
  state,
  previousState = 'passed',
  buildId = 1,
  at = '2014-04-03T10:22:05.123Z',
  config = {},
}: Sample = {}): Notice {
  const [subject, happened = ''] = event.split(':');
  const now = state ?? STATE_OF[happened] ?? 'passed';
  const jobs = [job(buildId * 10 + 1, '2.1', now, false), job(buildId * 10 + 2, '2.2', now, true)] as const;
  const build = {
    id: buildId,
    number: '2',
    state: now,
    previous_state: previousState,
    duration: 60,
    started_at: '2014-04-03T10:21:05.000Z',
    finished_at: now === 'started' ? null : '2014-04-03T10:22:05.000Z',
    canceled_at: null,
    restarted_at: null,
  };
  const shared = { id: buildId * 100, build_id: buildId, repository_id: 1, seq: 3, at };
  const cause = { command: 'job:finish' };
  const notice: Notice = {
    event:
      subject === 'job'
        ? { ...shared, name: event, job_id: jobs[0].id, snapshot: { build, cause, job: jobs[0] } }
        : { ...shared, name: event, job_id: null, snapshot: { build, cause, jobs, stages: [] } },
    facts: {
      repository: {
        id: 1,
        github_id: 549743,
        vcs_id: '549743',
        vcs_type: 'GithubRepository',
        slug: 'svenfuchs/minimal',
        vcs_slug: 'svenfuchs/minimal',
        name: 'minimal',
        owner_name: 'svenfuchs',
        owner_type: 'User',
        owner_id: 1,
        url: 'https://github.com/svenfuchs/minimal',
        private: false,
        default_branch: 'master',
      },
      build: {
        id: buildId,
        number: '2',
        event_type: 'push',
        branch: 'master',
        commit_id: 7,
        pull_request_number: null,
        pull_request_title: null,
        config: {
          rvm: ['1.8.7', '1.9.2'],
          source_key: 'PRIVATE',
          env: { TOKEN: { secure: 'eA==' }, A: 'b' },
          ...config,
        },
      },
      commit: {
        id: 7,
        sha: '62aae5f70ceee39123ef',
        branch: 'master',
        message: 'the commit message: ünïcode & "quotes" + 100%\nsecond line',
        compare_url: 'https://github.com/svenfuchs/minimal/compare/master...develop',
        committed_at: '2014-04-03T09:22:05.000Z',
        author_name: 'Sven Fuchs',
        author_email: 'svenfuchs@artweb-design.de',
        committer_name: 'Konstantin Haase',
        committer_email: 'konstantin@example.org',
      },
      request: { head_commit: 'head1', base_commit: 'base1' },
      tag: null,
      jobs: new Map(jobs.map(({ id }) => [id, { config: { rvm: '1.8.7', source_key: 'PRIVATE' } }])),
    },
  };
  return freeze(notice);
}

function job(id: number, number: string, state: BuildState, allowFailure: boolean): JobSnapshot {
  return {
    id,
    number,
    state: state,
    stage_id: null,
    allow_failure: allowFailure,
    queue: 'builds.gce',
    vm_size: null,
    queued_at: '2014-04-03T10:20:00.000Z',
    received_at: '2014-04-03T10:20:30.000Z',
    started_at: '2014-04-03T10:21:15.000Z',
    finished_at: state === 'started' ? null : '2014-04-03T10:21:45.500Z',
    canceled_at: null,
    restarted_at: null,
  };
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of value instanceof Map ? value.values() : Object.values(value)) freeze(part as unknown);
  return Object.freeze(value);
}
