import { BARE_DETAILS as BARE } from '../../../test/contract/sample-deps';
import { sampleNotice } from '../../../test/contract/sample-notice';
import type { Notice } from '../channel';
import { usage } from './billing';
import { insightsData } from './insights';
import { liveBuild, liveJob } from './live-payload';
import { taskPayload } from './tasks/task-payload';

/** The notice without commit, request and whatever else a build may lack. */
function bare(notice: Notice): Notice {
  return { ...notice, facts: { ...notice.facts, commit: null, request: null, tag: null, jobs: new Map() } };
}

const jobOf = ({ event }: Notice) => event.snapshot.job!;

/** Paths of values that JSON would leave out. */
function missing(value: unknown, path = ''): string[] {
  if (value === undefined) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => missing(part, `${path}/${key}`));
}

describe('payloads', () => {
  const started = sampleNotice({ event: 'job:started' });
  const finished = sampleNotice({ event: 'build:finished' });

  it('keep all of their keys when a build lacks what they are about', () => {
    const payloads = {
      job: liveJob(bare(started), jobOf(started), BARE),
      build: liveBuild(bare(finished), BARE),
      task: taskPayload(bare(finished), BARE),
      insights: insightsData(bare(started), BARE),
      billing: usage(bare(started), jobOf(started), BARE),
    };
    expect(missing(payloads)).toEqual([]);
    expect(payloads.job).toMatchObject({ commit: { sha: null, author_email: null }, stage: null });
    expect(payloads.task).toMatchObject({ owner: {}, request: { token: null, head_commit: null }, tag: null });
    expect(payloads.billing).toMatchObject({ job: { os: 'linux', arch: 'amd64', instance_size: null, vm_size: null } });
  });

  it('give each job and stage the times that are its own', () => {
    const { event } = finished;
    const jobs = event.snapshot.jobs!.map((job) => ({ ...job, stage_id: job.number === '2.1' ? 5 : null }));
    const stage = { id: 5, number: 1, name: 'test', state: 'passed', started_at: null, finished_at: null } as const;
    const staged: Notice = {
      ...finished,
      event: { ...event, snapshot: { ...event.snapshot, jobs, stages: [stage] } },
    };
    expect(taskPayload(staged, BARE)['jobs']).toMatchObject([
      { number: '2.1', started_at: '2014-04-03T10:21:15Z', duration: 30, stage: { name: 'test', started_at: null } },
      { number: '2.2', finished_at: '2014-04-03T10:21:45Z', stage: null },
    ]);
  });

  describe('for billing', () => {
    const sizes = (reported: string | undefined, own: string | null, asked: string | undefined) => {
      const job = { ...jobOf(started), vm_size: own };
      const cause = { command: 'job:finish', ...(reported !== undefined && { vm_size: reported }) };
      const config = asked === undefined ? {} : { vm: { size: asked } };
      const notice: Notice = {
        event: { ...started.event, snapshot: { ...started.event.snapshot, job, cause } },
        facts: { ...started.facts, jobs: new Map([[job.id, { config }]]) },
      };
      const { instance_size, vm_size } = usage(notice, job, BARE)['job'] as Record<string, unknown>;
      return [instance_size, vm_size];
    };

    it.each([
      ['what the worker said', 'm6g', 'm6g', 'large', ['m6g', 'large']],
      ['what the config asks for', undefined, 'm6g', 'large', ['large', 'large']],
      ["not what another job's worker said", 'm6g', null, 'large', ['large', 'large']],
      ['nothing, when nobody said anything', undefined, null, undefined, [null, null]],
    ])('have %s', (_what, reported, own, asked, expected) => {
      expect(sizes(reported, own, asked)).toEqual(expected);
    });

    it.each([
      ['job:started', false],
      ['job:finished', true],
      ['job:canceled', true],
    ] as const)('say of %s whether it ended: %s', (event, ended) => {
      const notice = sampleNotice({ event });
      expect(usage(notice, jobOf(notice), BARE)).toMatchObject({ job: { finished: ended } });
    });
  });

  it('count for insights from when a build was started over', () => {
    const again = { ...finished.event.snapshot.build, restarted_at: '2014-04-04T00:00:00.500Z' };
    const notice: Notice = {
      ...finished,
      event: { ...finished.event, snapshot: { ...finished.event.snapshot, build: again } },
    };
    const details = { ...BARE, created_at: '2014-04-03T09:00:00.000Z' };
    expect(insightsData(notice, details)).toMatchObject({ type: 'Build', created_at: '2014-04-04T00:00:00.500Z' });
    expect(insightsData(finished, details)).toMatchObject({ created_at: '2014-04-03T09:00:00.000Z' });
  });
});
