import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import type { JobSnapshot, Notice } from '../../channel';
import { mailContent, type MailContent, type MailOccasion } from './content';
import { htmlMail } from './html';
import { textMail } from './text';

const OCCASION: MailOccasion = {
  webUrl: 'https://ci.example.org',
  broadcasts: [],
  recipient: 'author',
  unsubscribeUrl: 'https://hub.example.org/mail/unsubscribe/1.a.b',
};
const BUILD = 'https://ci.example.org/github/svenfuchs/minimal/builds/1';

/** A notice with other facts and jobs than the sample has. */
function notice(
  sample: Sample,
  changed: { commit?: object; repository?: object; build?: object; jobs?: readonly Partial<JobSnapshot>[] } = {},
): Notice {
  const { event, facts } = sampleNotice(sample);
  const [job] = event.snapshot.jobs ?? [];
  const jobs = changed.jobs?.map((own, at) => ({ ...job, id: 11 + at, number: `2.${at + 1}`, ...own }) as JobSnapshot);
  return {
    event: { ...event, snapshot: { ...event.snapshot, ...(jobs && { jobs }) } },
    facts: {
      ...facts,
      commit: facts.commit && { ...facts.commit, ...changed.commit },
      repository: { ...facts.repository, ...changed.repository },
      build: { ...facts.build, ...changed.build },
    },
  };
}

const content = (about: Notice, occasion: Partial<MailOccasion> = {}): MailContent =>
  mailContent(about, { ...OCCASION, ...occasion });
/** Both forms of a mail. */
const forms = (mail: MailContent): [string, string][] => [
  ['text', textMail(mail)],
  ['html', htmlMail(mail)],
];

describe('a mail', () => {
  it('says as text what happened, to what, by whom and where to look', () => {
    const mail = textMail(
      content(notice({ state: 'failed', previousState: 'failed' }, { jobs: [{ state: 'failed' }] })),
    );
    expect(mail).toBe(`svenfuchs/minimal: Build #2 is still failing.
=============================================

Build:     #2
Status:    Still Failing
Duration:  1 min and 0 sec
Commit:    62aae5f (master)
Author:    Sven Fuchs

    the commit message: ünïcode & "quotes" + 100%
    second line

Build log and details:
${BUILD}

Changes:
https://github.com/svenfuchs/minimal/compare/master...develop

Jobs that did not pass:
  - #2.1 failed
    https://ci.example.org/github/svenfuchs/minimal/jobs/11

-- 
You get this mail because you wrote or committed the change that was built in svenfuchs/minimal.
Unsubscribe: https://hub.example.org/mail/unsubscribe/1.a.b
`);
  });

  it('says the same as HTML', () => {
    const about = notice({ state: 'failed', previousState: 'failed' }, { jobs: [{ state: 'failed' }] });
    const page = htmlMail(content(about));
    for (const text of [
      'Build #2 is still failing.',
      'svenfuchs/minimal',
      'Still Failing',
      'master',
      '62aae5f',
      'Sven Fuchs',
      '1 min and 0 sec',
      'the commit message: ünïcode &amp; &quot;quotes&quot; + 100%',
      'second line',
      'href="https://github.com/svenfuchs/minimal/compare/master...develop"',
      `href="${BUILD}"`,
      'href="https://ci.example.org/github/svenfuchs/minimal/jobs/11"',
      'href="https://hub.example.org/mail/unsubscribe/1.a.b"',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('loads nothing: no image, no style sheet, no script but data', () => {
    const page = htmlMail(content(notice({ state: 'failed' }, { jobs: [{ state: 'failed' }] })));
    expect(page).not.toMatch(/<img|<link|url\(|@import|<iframe|src=/);
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script type="application/ld+json">']);
  });

  it('offers the build to mail programs that show a button', () => {
    const slug = '</script><b>';
    const page = htmlMail(content(notice({ state: 'failed' }, { build: { number: slug }, repository: { slug } })));
    const [, json = ''] = /<script[^>]*>(.*?)<\/script>/s.exec(page) ?? [];
    expect(JSON.parse(json)).toMatchObject({
      '@type': 'EmailMessage',
      potentialAction: { '@type': 'ViewAction', url: expect.stringMatching(/^https:.*\/builds\/1$/) },
    });
  });

  it('lists jobs that failed or errored, those that count first, with names and stages', () => {
    const jobs: Partial<JobSnapshot>[] = [
      { state: 'passed' },
      { state: 'failed', allow_failure: true },
      { state: 'errored', allow_failure: false, stage_id: 5 },
      { state: 'canceled' },
    ];
    const about = notice({ state: 'failed' }, { jobs });
    const stages = [
      { id: 5, number: 1, name: 'Deploy', state: 'failed' as const, started_at: null, finished_at: null },
    ];
    const mail = content({
      event: { ...about.event, snapshot: { ...about.event.snapshot, stages } },
      facts: { ...about.facts, jobs: new Map([[13, { config: { name: 'Release' } }]]) },
    });
    expect(mail.jobs).toMatchObject([
      { number: '2.3', name: 'Release · Deploy', state: 'errored', allowedToFail: false },
      { number: '2.2', name: '', state: 'failed', allowedToFail: true },
    ]);
    expect(textMail(mail)).toContain('  - #2.3 errored Release · Deploy\n');
    expect(textMail(mail)).toContain('  - #2.2 failed (allowed to fail)\n');
  });

  it('lists twenty jobs and counts the others', () => {
    const mail = content(
      notice({ state: 'failed' }, { jobs: Array.from({ length: 23 }, () => ({ state: 'failed' })) }),
    );
    expect(mail.jobs).toHaveLength(20);
    for (const [, text] of forms(mail)) expect(text).toContain('and 3 more');
  });

  it('says nothing of jobs when all passed', () => {
    for (const [, text] of forms(content(notice({ state: 'passed', previousState: 'failed' })))) {
      expect(text).not.toContain('did not pass');
    }
  });

  it('tells of a canceled build how to restart it, and of no other', () => {
    const canceled = content(notice({ event: 'build:canceled', state: 'canceled' }));
    for (const [, text] of forms(canceled)) expect(text).toContain('Restart the build');
    for (const [, text] of forms(content(notice({ state: 'errored' })))) expect(text).not.toContain('Restart');
  });

  it('says of builds of cron jobs that they are', () => {
    for (const [, text] of forms(content(notice({ state: 'failed' }, { build: { event_type: 'cron' } })))) {
      expect(text).toContain('(cron)');
    }
  });

  it('carries announcements, at most three and none that is empty', () => {
    const broadcasts = ['', null, 'one\ntwo', 'three', 'four', 'five'].map((message) => ({
      message,
      category: message === 'three' ? 'announcement' : 'warning',
    }));
    const mail = content(notice({ state: 'failed' }), { broadcasts });
    expect(mail.broadcasts.map(({ lines }) => lines.join('/'))).toEqual(['one/two', 'three', 'four']);
    expect(textMail(mail)).toContain('! one\n! two\n\n! three\n\n! four\n\n-- ');
    expect(htmlMail(mail)).toContain('one<br>two');
  });

  it('says why it came', () => {
    const why = (recipient: MailOccasion['recipient']) => textMail(content(notice({}), { recipient }));
    expect(why('author')).toContain('because you wrote or committed the change');
    expect(why('named')).toContain('because the configuration of svenfuchs/minimal names your address');
  });

  it.each([
    ['GithubRepository', 'vcs/slug', 'https://ci.example.org/github/vcs/slug/builds/1'],
    ['BitbucketRepository', null, 'https://ci.example.org/bitbucket/svenfuchs/minimal/builds/1'],
    [null, null, BUILD],
    ['"><', 'a b/Ж', 'https://ci.example.org/%22%3E%3C/a%20b/%D0%96/builds/1'],
  ])('links to builds of a %s named %s', (vcs_type, vcs_slug, url) => {
    expect(content(notice({}, { repository: { vcs_type, vcs_slug } })).buildUrl).toBe(url);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'not a url', null])(
    'does not link to changes at %s',
    (compare_url) => {
      const mail = content(notice({}, { commit: { compare_url } }));
      expect(mail.commit.url).toBeNull();
      for (const [, text] of forms(mail)) expect(text).not.toContain(String(compare_url));
    },
  );

  it('does without a commit, a branch, a duration and a number', () => {
    const { event, facts } = sampleNotice({ state: 'errored' });
    const build = { ...event.snapshot.build, number: null, started_at: null, finished_at: null };
    const mail = content({
      event: { ...event, snapshot: { ...event.snapshot, build } },
      facts: { ...facts, commit: null },
    });
    for (const [, text] of forms(mail)) {
      expect(text).toContain('Build #? has errored.');
      expect(text).not.toMatch(/null|undefined|NaN/);
    }
  });

  it('puts nothing into HTML that anybody wrote, in any place, without escaping it', () => {
    const evil = `<img src=x onerror="alert('1')">`;
    const about = notice(
      { state: 'failed' },
      {
        commit: {
          message: `${evil}\n${evil}`,
          author_name: evil,
          branch: evil,
          sha: evil,
          compare_url: `https://x/${evil}`,
        },
        repository: { slug: evil, vcs_slug: evil, vcs_type: evil },
        build: { branch: evil },
        jobs: [{ state: 'failed', number: evil, stage_id: 5 }],
      },
    );
    const stages = [{ id: 5, number: 1, name: evil, state: 'failed' as const, started_at: null, finished_at: null }];
    const mail = content(
      {
        event: { ...about.event, snapshot: { ...about.event.snapshot, stages } },
        facts: { ...about.facts, jobs: new Map([[11, { config: { name: evil } }]]) },
      },
      { broadcasts: [{ message: evil, category: evil }] },
    );
    expect(htmlMail(mail)).not.toMatch(/<img|="[^"]*'[^"]*onerror|onerror="/);
    expect(htmlMail(mail)).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;');
  });

  it('stays small, however much is written', () => {
    const long = 'word '.repeat(1_000_000);
    const commit = { message: `${long}\n`.repeat(3), author_name: long, branch: long };
    const mail = content(notice({ state: 'failed' }, { commit }), { broadcasts: [{ message: long, category: null }] });
    for (const [, text] of forms(mail)) expect(text.length).toBeLessThan(30_000);
  });
});
