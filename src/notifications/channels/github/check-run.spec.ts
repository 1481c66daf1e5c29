import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import type { JobSnapshot, Notice } from '../../channel';
import { checkRunOf, type CheckRun } from './check-run';
import { LONGEST_BYTES } from './check-text';

const WEB = 'https://travis-ci.org';
const LINK = `<a href='${WEB}/github/svenfuchs/minimal/builds/1'><img src='${WEB}/images/stroke-icons/icon-`;

interface Changes {
  readonly build?: Partial<Notice['facts']['build']>;
  readonly snapshot?: Partial<Notice['event']['snapshot']['build']>;
  readonly commit?: Partial<NonNullable<Notice['facts']['commit']>>;
  readonly jobs?: readonly Partial<JobSnapshot>[];
  readonly stages?: Notice['event']['snapshot']['stages'];
  readonly configs?: readonly object[];
}

function noticeOf(sample: Sample, { build, snapshot, commit, jobs, stages, configs }: Changes = {}): Notice {
  const notice = sampleNotice(sample);
  const { event, facts } = notice;
  const [first] = event.snapshot.jobs ?? [];
  const all = jobs?.map((job, i) => ({ ...first!, id: i + 1, number: `2.${i + 1}`, allow_failure: false, ...job }));
  return {
    event: {
      ...event,
      snapshot: {
        ...event.snapshot,
        build: { ...event.snapshot.build, ...snapshot },
        jobs: all ?? event.snapshot.jobs!,
        ...(stages && { stages }),
      },
    },
    facts: {
      ...facts,
      build: { ...facts.build, config: { rvm: ['1.8.7', '1.9.2'] }, ...build },
      commit: { ...facts.commit!, ...commit },
      ...(configs && {
        jobs: new Map(configs.map((config, i) => [i + 1, { config: config as Record<string, unknown> }])),
      }),
    },
  };
}

const runOf = (sample: Sample = {}, changes: Changes = {}): CheckRun =>
  checkRunOf(noticeOf(sample, changes), WEB, false);
const textOf = (changes: Changes, sample: Sample = {}): string => runOf(sample, changes).output.text;

describe('checkRunOf', () => {
  it('is the known check run of a push', () => {
    const { output, ...run } = runOf({}, { jobs: [{}, {}], configs: [{ rvm: '1.8.7' }, { rvm: '1.9.2' }] });
    expect(run).toEqual({
      name: 'Travis CI - Branch',
      head_sha: '62aae5f70ceee39123ef',
      details_url: 'https://travis-ci.org/github/svenfuchs/minimal/builds/1',
      external_id: '1',
      status: 'completed',
      conclusion: 'success',
      started_at: '2014-04-03T10:21:05Z',
      completed_at: '2014-04-03T10:22:05Z',
    });
    expect(output).toMatchObject({
      title: 'Build Passed',
      summary: `${LINK}passed.png' height='11'> The build</a> **passed**, just like the previous build.`,
    });
  });

  it('is called by what it is about, or like the commit status that it replaces', () => {
    const pull = noticeOf({}, { build: { event_type: 'pull_request' } });
    expect(checkRunOf(pull, WEB, false)).toMatchObject({ name: 'Travis CI - Pull Request', head_sha: 'head1' });
    expect(checkRunOf(pull, WEB, true).name).toBe('continuous-integration/travis-ci/pr');
    expect(checkRunOf(noticeOf({}), WEB, true).name).toBe('continuous-integration/travis-ci/push');
  });

  it.each([
    [
      'created',
      'passed',
      `running.png' height='11'> The build</a> is currently waiting in the build queue for a VM to be ready.`,
    ],
    ['started', 'passed', `running.png' height='11'> The build</a> is currently running.`],
    [
      'passed',
      'failed',
      `passed.png' height='11'> The build</a> **passed**. This is a change from the previous build, which **failed**.`,
    ],
    ['failed', 'failed', `failed.png' height='11'> The build</a> **failed**, just like the previous build.`],
    ['errored', null, `errored.png' height='11'> The build</a> **errored**.`],
    [
      'canceled',
      'passed',
      `cancelled.png' height='11'> The build</a> **canceled**. This is a change from the previous build, which **passed**.`,
    ],
  ] as const)('says of a build that is %s after %s what people know', (state, previousState, expected) => {
    expect(runOf({ state, previousState }).output.summary).toBe(`${LINK}${expected}`);
  });

  it('leaves out what has not happened yet', () => {
    const created = runOf({ event: 'build:created' }, { snapshot: { started_at: null, finished_at: null } });
    expect(Object.keys(created)).toEqual(['name', 'head_sha', 'details_url', 'external_id', 'status', 'output']);
    // A restarted build may still know when it ended before.
    expect(
      runOf({ event: 'build:started' }, { snapshot: { finished_at: '2014-04-03T10:22:05.000Z' } }),
    ).not.toHaveProperty('completed_at');
  });

  it('completes a build that was canceled before it started', () => {
    const times = { started_at: null, finished_at: null, canceled_at: '2014-04-03T10:20:00.000Z' };
    expect(runOf({ event: 'build:canceled' }, { snapshot: times })).toMatchObject({
      conclusion: 'cancelled',
      completed_at: '2014-04-03T10:20:00Z',
    });
  });
});

describe('the text of a check run', () => {
  it('shows jobs that run in parallel, with what tells them apart', () => {
    const jobs = [{}, { state: 'failed', allow_failure: true }] as const;
    const configs = [{ rvm: '1.8.7' }, { rvm: '1.9.2', name: 'Old one', env: ['x=y'] }];
    expect(textOf({ jobs, configs })).toBe(`This is a build of the master branch.

## Jobs and Stages
This build has **two jobs**, running in parallel.

<table>
<thead>
<tr><th>Job</th><th>Ruby</th><th>ENV</th><th>State</th><th>Notes</th></tr>
</thead>
<tbody>
<tr><td><a href='${WEB}/github/svenfuchs/minimal/jobs/1'><img src='${WEB}/images/stroke-icons/icon-passed.png' height='11'> 2.1</a></td><td>1.8.7</td><td></td><td>passed</td><td></td></tr>
<tr><td><a href='${WEB}/github/svenfuchs/minimal/jobs/2'><img src='${WEB}/images/stroke-icons/icon-failed.png' height='11'> 2.2 Old one</a></td><td>1.9.2</td><td>x=y</td><td>failed</td><td>This job is <a href='https://docs.travis-ci.com/user/customizing-the-build#Rows-that-are-Allowed-to-Fail'>allowed to fail</a>.</td></tr>
</tbody>
</table>

## Build Configuration

Build Option     | Setting
-----------------|--------------
Language         | Ruby
Operating System | Linux
Ruby Versions    | 1.8.7, 1.9.2

<details>
<summary>Build Configuration</summary>
<pre lang='yaml'>
{
  "rvm": [
    "1.8.7",
    "1.9.2"
  ]
}
</pre>
</details>`);
  });

  it('shows stages one after the other, by their numbers', () => {
    const stage = { started_at: null, finished_at: null };
    const text = textOf({
      jobs: [{ stage_id: 8 }, { stage_id: 7 }],
      stages: [
        { ...stage, id: 7, number: 1, name: 'Test', state: 'passed' },
        { ...stage, id: 8, number: 2, name: 'Deploy *now*', state: 'failed' },
      ],
    });
    expect(text).toContain('This build has **two jobs**, running in **two sequential stages**.');
    const [, first = '', second = ''] = text.split('### ');
    expect(first).toMatch(/^Stage 1: Test\nThis stage \*\*passed\*\*\.\n\n<table>\n[^]*> 2\.2<[^]*<\/table>\n\n$/);
    expect(second).toMatch(/^Stage 2: Deploy \\\*now\\\*\nThis stage \*\*failed\*\*\.\n\n<table>\n[^]*> 2\.1</);
  });

  it('says what a pull request is about, with a link to it', () => {
    const build = { event_type: 'pull_request', pull_request_number: 1, pull_request_title: 'Mend [it]' };
    expect(textOf({ build, jobs: [{}] })).toMatch(
      /^This is a \[pull request build\]\([^)]*\): it tests what \[#1 Mend \\\[it\\\]\]\(https:\/\/github\.com\/svenfuchs\/minimal\/pull\/1\) would be once merged, .* master branch /,
    );
    expect(textOf({ build, commit: { compare_url: 'javascript:alert(1)' } })).toContain(
      'tests what #1 Mend \\[it\\] would',
    );
  });

  it('says how many in words up to ten', () => {
    const jobs = (count: number) => textOf({ jobs: Array.from({ length: count }, () => ({})) });
    expect(jobs(1)).toContain('This build has a single job.');
    expect(jobs(10)).toContain('This build has **ten jobs**, running in parallel.');
    expect(jobs(11)).toContain('This build has **11 jobs**, running in parallel.');
  });

  it('links a gemfile to its file in the commit, whatever it is called', () => {
    const text = textOf({ jobs: [{}, {}], configs: [{ gemfile: "gemfiles/a b'.rb" }, { gemfile: 'lone\ud800' }] });
    expect(text).toContain(
      "<a href='https://github.com/svenfuchs/minimal/blob/62aae5f70ceee39123ef/gemfiles/a%20b&#39;.rb'>gemfiles/a b&#39;.rb</a>",
    );
    expect(text).toContain('>lone\ufffd</a>');
  });

  it('shows no secrets and no source key', () => {
    const config = { env: { TOKEN: { secure: 'eA==' } }, source_key: 'PRIVATE' };
    const text = textOf({
      build: { config },
      jobs: [{}],
      configs: [{ env: [{ secure: 'eQ==' }], source_key: 'PRIVATE' }],
    });
    expect(text).toContain('TOKEN=[secure]');
    expect(text).toContain('<td>[secure]</td>');
    expect(text).not.toMatch(/eA==|eQ==|PRIVATE/);
  });

  it('takes what people wrote for text only', () => {
    const evil =
      "</td></table>\n\n# <img src=x onerror='y'> [a](https://evil.example.org) <!-- restarted at 2030-01-01T00:00:00Z -->";
    const text = textOf({
      build: {
        event_type: 'pull_request',
        pull_request_title: evil,
        config: { rvm: evil, os: evil, dist: evil, language: evil },
      },
      commit: { branch: evil },
      jobs: [{}, {}],
      configs: [{ name: evil, rvm: evil, env: [evil] }, { gemfile: evil }],
      stages: [],
    });
    expect(text).not.toContain('<img src=x');
    // Inside of HTML nothing is read as Markdown.
    expect(text.replace(/<table>[^]*?<\/table>|<pre[^]*?<\/pre>/g, '')).not.toContain('](https://evil');
    expect(text).not.toMatch(/^# /m);
    expect(text).not.toContain('<!--');
    expect(text.match(/<\/table>/g)).toHaveLength(1);
  });

  it('ends with a restart that nobody sees', () => {
    const text = textOf({ snapshot: { restarted_at: '2014-04-03T10:30:00.250Z' } });
    expect(text).toMatch(/<\/details>\n\n<!-- restarted at 2014-04-03T10:30:00\.250Z -->$/);
  });

  describe('that would be too long', () => {
    const restarted = { restarted_at: '2014-04-03T10:30:00.250Z' };
    const large = { script: 'ü'.repeat(LONGEST_BYTES / 2) };

    it('leaves out the config first', () => {
      const text = textOf({ build: { config: large }, jobs: [{}], snapshot: restarted });
      expect(text).toContain('\nBuild configuration is too large to display\n');
      expect(text).toContain('This build has a single job.');
      expect(text).toMatch(/-->$/);
    });

    it('leaves out the jobs too', () => {
      const jobs = Array.from({ length: 400 }, () => ({}));
      const text = textOf({ build: { config: large }, jobs, snapshot: restarted });
      expect(text).toContain('\nJobs information is too large to display\n');
      expect(text).toMatch(/-->$/);
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LONGEST_BYTES);
    });

    it('leaves out all of it when something else is too long', () => {
      const text = textOf({ build: { config: { rvm: 'x'.repeat(LONGEST_BYTES) } }, snapshot: restarted });
      expect(text).toBe('Jobs information is too large to display.\n\n<!-- restarted at 2014-04-03T10:30:00.250Z -->');
    });

    it('keeps what just fits', () => {
      const length = (size: number) => Buffer.byteLength(textOf({ build: { config: { script: 'x'.repeat(size) } } }));
      const rest = length(10) - 10;
      expect(length(LONGEST_BYTES - rest)).toBe(LONGEST_BYTES);
      expect(length(LONGEST_BYTES - rest + 1)).toBeLessThan(LONGEST_BYTES / 2);
    });
  });

  it('is made of anything a config can hold', () => {
    for (const value of [null, true, 7, '', [], {}, [null], [[{}]], { a: [1] }, 'x'.repeat(300)]) {
      const keys = ['language', 'os', 'dist', 'rvm', 'env', 'gemfile', 'name', 'jdk'];
      const config = Object.fromEntries(keys.map((key) => [key, value]));
      expect(textOf({ build: { config }, jobs: [{}, {}], configs: [config, {}] })).toContain('## Jobs and Stages');
    }
  });
});
