import { sampleNotice } from '../../../test/contract/sample-notice';
import type { Notice } from '../channel';
import { renderTemplate, templateLines, templateVariables } from './template';

const LINKS = { webUrl: 'https://ci.example.org' };

function pullRequest(compareUrl: string | null = 'https://github.com/svenfuchs/minimal/pull/1/commits'): Notice {
  const { event, facts } = sampleNotice();
  const build = { ...facts.build, event_type: 'pull_request', pull_request_number: 1 };
  return { event, facts: { ...facts, build, commit: facts.commit && { ...facts.commit, compare_url: compareUrl } } };
}

describe('templateVariables', () => {
  it('knows everything that people may name', () => {
    expect(templateVariables(sampleNotice(), LINKS)).toEqual({
      repository: 'svenfuchs/minimal',
      repository_slug: 'svenfuchs/minimal',
      repository_name: 'minimal',
      build_number: '2',
      build_id: '1',
      pull_request: 'false',
      pull_request_number: null,
      branch: 'master',
      commit: '62aae5f',
      author: 'Sven Fuchs',
      commit_subject: 'the commit message: ünïcode & "quotes" + 100%',
      commit_message: 'the commit message: ünïcode & "quotes" + 100%\nsecond line',
      result: 'passed',
      duration: '1 min 0 sec',
      elapsed_time: '1 min 0 sec',
      message: 'The build passed.',
      compare_url: 'https://github.com/svenfuchs/minimal/compare/master...develop',
      build_url: 'https://ci.example.org/svenfuchs/minimal/builds/1',
      pull_request_url: null,
    });
  });

  it('leads to the pull request', () => {
    expect(templateVariables(pullRequest(), LINKS)).toMatchObject({
      pull_request: 'true',
      pull_request_number: '1',
      pull_request_url: 'https://github.com/svenfuchs/minimal/pull/1',
    });
  });

  it.each([
    ['https://git.example.org:8443/a/b/compare/x...y?z=1', 'https://git.example.org:8443/a/b/pull/1'],
    [null, 'https://github.com/svenfuchs/minimal/pull/1'],
    ['not a url', null],
  ])('finds the pull request beside %s: %s', (compareUrl, expected) => {
    expect(templateVariables(pullRequest(compareUrl), LINKS).pull_request_url).toBe(expected);
  });

  it.each([
    [0, '0 min 0 sec'],
    [59.9, '0 min 59 sec'],
    [3_725, '62 min 5 sec'],
    [null, '0 min 0 sec'],
  ])('writes %p seconds as %s', (duration, expected) => {
    const notice = sampleNotice();
    const build = { ...notice.event.snapshot.build, duration };
    const event = { ...notice.event, snapshot: { ...notice.event.snapshot, build } };
    expect(templateVariables({ ...notice, event }, LINKS).duration).toBe(expected);
  });

  it('does without what is not known', () => {
    const { event, facts } = sampleNotice({ event: 'build:started' });
    expect(templateVariables({ event, facts: { ...facts, commit: null } }, LINKS)).toMatchObject({
      branch: 'master',
      commit: null,
      author: null,
      commit_subject: null,
      compare_url: null,
      elapsed_time: '?',
    });
  });
});

describe('renderTemplate', () => {
  it.each([
    ['Build %{build_number}: %{result}', 'Build 2: passed'],
    ['%{result}%{result}', 'passedpassed'],
    ['(%{nothing})', '()'],
    ['%{nope} A %{result} B}', '%{nope} A passed B}'],
    ['%{constructor} %{ result } %{} %result {result}', '%{constructor} %{ result } %{} %result {result}'],
    ['%{%{result}}', '%{passed}'],
  ])('makes "%s" into "%s"', (template, expected) => {
    expect(renderTemplate(template, { build_number: '2', result: 'passed', nothing: null })).toBe(expected);
  });

  it('puts values in as they are, also those that look like templates', () => {
    const hostile = '%{result} $& $1 \\1 }';
    expect(renderTemplate('<%{message}>', { message: hostile, result: 'passed' })).toBe(`<${hostile}>`);
  });

  it('escapes values, and nothing else, by the rule of the channel', () => {
    const shout = (value: string, variable: string): string => `${variable}:${value.toUpperCase()}`;
    expect(renderTemplate('it %{result}, %{nope}', { result: 'passed' }, shout)).toBe('it result:PASSED, %{nope}');
  });
});

describe('what a template can make', () => {
  it('ends where its values hold too much, and is as it is written otherwise', () => {
    const text = renderTemplate('%{message}|'.repeat(1_000), { message: 'x'.repeat(1_000_000) });
    expect(text.length).toBeLessThanOrEqual(20_000 + 1_000);
    expect(text.replaceAll(/[x…]/g, '')).toBe('|'.repeat(1_000));
  });

  it('has a hundred lines at most', () => {
    expect(templateLines({ template: Array.from({ length: 1_000 }, String) }, [])).toHaveLength(100);
  });
});

describe('templateLines', () => {
  it.each([
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    [
      ['a', '', 'b'],
      ['a', '', 'b'],
    ],
    [['a', null, 7, { secure: 'x' }], ['a']],
    ['  ', ['usual']],
    [[], ['usual']],
    [null, ['usual']],
    [{ secure: 'x' }, ['usual']],
    [undefined, ['usual']],
  ])('reads template: %j as %j', (template, expected) => {
    expect(templateLines({ template }, ['usual'])).toEqual(expected);
  });
});
