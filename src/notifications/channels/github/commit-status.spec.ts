import { sampleNotice } from '../../../../test/contract/sample-notice';
import type { Notice } from '../../channel';
import { contextOf, shaOf } from './about';
import { commitStatusOf } from './commit-status';
import { repositoryPath } from './github-api';

const WEB = 'https://travis-ci.com';

function withFacts(change: (facts: Notice['facts']) => Partial<Notice['facts']>, notice = sampleNotice()): Notice {
  return { ...notice, facts: { ...notice.facts, ...change(notice.facts) } };
}

const pullRequest = (): Notice =>
  withFacts(({ build }) => ({ build: { ...build, event_type: 'pull_request', pull_request_number: 5 } }));

describe('commitStatusOf', () => {
  it('is the known status of a push', () => {
    expect(commitStatusOf(sampleNotice(), WEB)).toEqual({
      state: 'success',
      description: 'The Travis CI build passed',
      target_url: 'https://travis-ci.com/github/svenfuchs/minimal/builds/1',
      context: 'continuous-integration/travis-ci/push',
    });
  });

  it('has a context of its own for pull requests, and their own last commit', () => {
    expect(contextOf(pullRequest())).toBe('continuous-integration/travis-ci/pr');
    expect(shaOf(pullRequest())).toBe('head1');
    expect(shaOf(sampleNotice())).toBe('62aae5f70ceee39123ef');
  });

  it('has no commit where none is known', () => {
    expect(shaOf(withFacts(() => ({ commit: null })))).toBeNull();
    expect(shaOf(withFacts(() => ({ request: null }), pullRequest()))).toBeNull();
  });

  it.each([
    ['BitbucketRepository', 'team/repo', 'https://travis-ci.com/bitbucket/team/repo/builds/1'],
    ['GithubRepository', null, 'https://travis-ci.com/github/svenfuchs/minimal/builds/1'],
    [null, null, 'https://travis-ci.com/github/svenfuchs/minimal/builds/1'],
    ['AssemblaRepository', "a b/c?d'", "https://travis-ci.com/assembla/a%20b/c%3Fd'/builds/1"],
  ])('links to the web of %s repositories called %s', (vcs_type, vcs_slug, expected) => {
    const notice = withFacts(({ repository }) => ({ repository: { ...repository, vcs_type, vcs_slug } }));
    expect(commitStatusOf(notice, WEB).target_url).toBe(expected);
  });
});

describe('repositoryPath', () => {
  it.each([
    ['by the id of its host', { vcs_id: '42', github_id: 7 }, '/repositories/42'],
    ["by GitHub's id", { vcs_id: null, github_id: 7 }, '/repositories/7'],
    ['by its name where no id is known', { vcs_id: null, github_id: null }, '/repos/svenfuchs/minimal'],
    ['by its name where the id is none', { vcs_id: '../..', github_id: null }, '/repos/svenfuchs/minimal'],
  ])('names a repository %s', (_how, ids, expected) => {
    const { facts } = withFacts(({ repository }) => ({ repository: { ...repository, ...ids } }));
    expect(repositoryPath(facts)).toBe(expected);
  });
});
