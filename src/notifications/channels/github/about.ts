import { isPullRequest, type Notice } from '../../channel';

/** Repositories whose type nobody noted were always GitHub's. */
const GITHUB = 'GithubRepository';

export function isOnGithub({ facts: { repository } }: Notice): boolean {
  return (repository.vcs_type ?? GITHUB) === GITHUB;
}

/** The commit that GitHub is told about: of a pull request its own last one, not the merge that was built. */
export function shaOf(notice: Notice): string | null {
  const { commit, request } = notice.facts;
  const sha = isPullRequest(notice.facts) ? request?.head_commit : commit?.sha;
  return sha === undefined || sha === '' ? null : sha;
}

/** The name of a commit status, by which branches are protected: pull requests and pushes do not hide each other. */
export function contextOf(notice: Notice): string {
  return `continuous-integration/travis-ci/${isPullRequest(notice.facts) ? 'pr' : 'push'}`;
}

/** Where people look at the build. */
export function buildUrl(notice: Notice, webUrl: string): string {
  return `${repositoryUrl(notice, webUrl)}/builds/${notice.event.build_id}`;
}

/** Where people look at one of its jobs. */
export function jobUrl(notice: Notice, webUrl: string, jobId: number): string {
  return `${repositoryUrl(notice, webUrl)}/jobs/${jobId}`;
}

/** Starts with the host of the repository, e.g. `/github/svenfuchs/minimal`. */
function repositoryUrl({ facts: { repository } }: Notice, webUrl: string): string {
  const host = (repository.vcs_type ?? GITHUB).replace('Repository', '').toLowerCase();
  return `${webUrl}/${host}/${encodePath(repository.vcs_slug ?? repository.slug)}`;
}

/** Each part of a path as it may stand in a url. */
export function encodePath(path: string): string {
  return path.toWellFormed().split('/').map(encodeURIComponent).join('/');
}
