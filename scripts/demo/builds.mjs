import { createHash } from 'node:crypto';

/**
 * What the demo plays and what must come of it: a table, no code. Each job says how its runs go on the workers
 * (fleet.mjs knows the words), how it ends and which events it gives; `events` and `webhooks` are in order.
 *
 * @typedef {object} PlayedJob
 * @property {readonly string[]} runs how the first run goes, and the next one after each reset or restart
 * @property {string} ends its state in the end
 * @property {string} events names of its events, without `job:`
 * @property {boolean} [allow_failure]
 * @property {string} [queue]
 *
 * @typedef {object} PlayedBuild
 * @property {string} what in words
 * @property {readonly PlayedJob[]} [jobs]
 * @property {readonly { name: string, jobs: readonly PlayedJob[] }[]} [stages] instead of jobs
 * @property {string} ends
 * @property {string} events names of its events, without `build:`
 * @property {string} webhooks the build's state in each webhook
 * @property {{ on: string, job?: number, call: 'cancel' | 'restart' }} [act] called on the build over the API when this
 *   event (of this job, from 0) comes for the first time
 * @property {string} [receiverDown] the receiver refuses the first try of the webhook with this state
 */

const runsOnce = (how, ends) => ({ runs: [how], ends, events: 'created received started finished' });
const passes = runsOnce('passes', 'passed');
const fails = runsOnce('fails', 'failed');
/** A queue that no worker serves. */
const NOBODY = 'builds.macos';

/** @type {readonly PlayedBuild[]} */
export const BUILDS = [
  {
    what: 'two jobs that pass',
    jobs: [passes, passes],
    ends: 'passed',
    events: 'created started finished',
    webhooks: 'started passed',
  },
  {
    what: 'two stages, one after the other',
    stages: [
      { name: 'test', jobs: [passes, passes] },
      { name: 'deploy', jobs: [passes] },
    ],
    ends: 'passed',
    events: 'created started finished',
    webhooks: 'started passed',
  },
  {
    what: 'a job fails that may',
    jobs: [passes, { ...fails, allow_failure: true }],
    ends: 'passed',
    events: 'created started finished',
    webhooks: 'started passed',
  },
  {
    what: 'a stage fails; receiver down for a moment',
    stages: [
      { name: 'test', jobs: [passes, fails] },
      { name: 'deploy', jobs: [{ runs: [], ends: 'canceled', events: 'created finished' }] },
    ],
    ends: 'failed',
    events: 'created started finished',
    webhooks: 'started failed',
    receiverDown: 'failed',
  },
  {
    what: 'a boot fails, the job is reset',
    jobs: [
      {
        runs: ['boot fails', 'passes'],
        ends: 'passed',
        events: 'created received restarted received started finished',
      },
    ],
    ends: 'passed',
    events: 'created restarted started finished',
    webhooks: 'started passed',
  },
  {
    what: 'canceled over the API while it runs',
    jobs: [
      { runs: ['hangs'], ends: 'canceled', events: 'created received started canceled' },
      { runs: [], ends: 'canceled', events: 'created canceled', queue: NOBODY },
    ],
    act: { on: 'job:started', job: 0, call: 'cancel' },
    ends: 'canceled',
    events: 'created started canceled',
    webhooks: 'started canceled',
  },
  {
    what: 'fails, is restarted over the API, passes',
    jobs: [
      {
        runs: ['fails', 'passes'],
        ends: 'passed',
        events: 'created received started finished restarted received started finished',
      },
    ],
    act: { on: 'job:finished', job: 0, call: 'restart' },
    ends: 'passed',
    events: 'created started finished restarted started finished',
    webhooks: 'started failed started passed',
  },
  {
    what: 'every message twice, and a start too late',
    jobs: [runsOnce('stutters', 'passed'), runsOnce('stutters', 'passed')],
    ends: 'passed',
    events: 'created started finished',
    webhooks: 'started passed',
  },
];

/** What can be played without a broker: the API alone. */
export const BUILDS_WITHOUT_WORKERS = [
  {
    what: 'canceled over the API before it runs',
    jobs: [
      { runs: [], ends: 'canceled', events: 'created canceled' },
      { runs: [], ends: 'canceled', events: 'created canceled' },
    ],
    act: { on: 'job:created', job: 1, call: 'cancel' },
    ends: 'canceled',
    events: 'created canceled',
    webhooks: 'canceled',
  },
];

/** All jobs of a build in the order of their numbers. */
export function jobsOf({ jobs, stages }) {
  return jobs ?? stages.flatMap((stage) => stage.jobs);
}

/**
 * The body of `POST /api/builds`.
 *
 * @param {PlayedBuild} played
 * @param {string} hookUrl who is told by webhook
 */
export function requestOf(played, hookUrl) {
  const job = ({ allow_failure, queue = 'builds.linux' }) => ({ allow_failure, queue, config: { os: 'linux' } });
  return {
    repository: { owner_name: 'octo', name: 'demo', default_branch: 'main' },
    commit: {
      sha: createHash('sha1').update(played.what).digest('hex'),
      message: `Play: ${played.what}`,
      author_name: 'Ada',
      author_email: 'ada@example.org',
    },
    branch: 'main',
    config: { language: 'node_js', notifications: { webhooks: { urls: [hookUrl], on_start: 'always' } } },
    jobs: played.jobs?.map(job),
    stages: played.stages?.map(({ name, jobs }) => ({ name, jobs: jobs.map(job) })),
  };
}
