import {
  EVENT_NAMES,
  kinds,
  NO_ELEMENT,
  nullable,
  optional,
  outcomeOfFailure,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type Notice,
  type SettingsOf,
} from '../../channel';
import { contextOf, isOnGithub, shaOf } from './about';
import { commitStatusOf } from './commit-status';
import { GithubApi } from './github-api';
import { appOf, githubVariables } from './settings';
import { tellStatus } from './tell-status';
import { tellVcs } from './tell-vcs';
import { tellersOf } from './tellers';
import { TokenMemory } from './token-memory';

export const variables = {
  ...githubVariables,
  besideChecks: optional(
    {
      name: 'HUB_GITHUB_STATUS_BESIDE_CHECKS',
      kind: kinds.truth,
      help: 'Set commit statuses also in repositories that the GitHub app manages, beside their check runs.',
      example: 'false',
    },
    false,
  ),
  vcsUrl: nullable({
    name: 'TRAVIS_VCS_URL',
    kind: kinds.webUrl,
    help: 'The travis-vcs service, which sets commit statuses on hosts other than GitHub. Needs TRAVIS_VCS_TOKEN.',
    example: 'https://vcs.example.org',
  }),
  vcsToken: nullable({
    name: 'TRAVIS_VCS_TOKEN',
    kind: kinds.token,
    help: 'The token of the travis-vcs service.',
    example: 'a-long-random-token',
  }),
};

/** Time for several who may tell, one after another. */
const TIMEOUT_MS = 30_000;
const MANAGED = 'the repository is managed by the GitHub app: it gets check runs';
const NO_COMMIT = 'the commit to show it at is not known';
const NO_VCS = 'the repository is not on GitHub: other hosts need TRAVIS_VCS_URL and TRAVIS_VCS_TOKEN';

/**
 * Sets the commit status of every build (notifications.md §2): as the GitHub app, or in the name of the repository's users.
 *
 * @throws when the app is configured by half
 */
export default function githubStatus(deps: ChannelDeps<SettingsOf<typeof variables>>): Channel<null> {
  const { settings, config, http, directory } = deps;
  const api = new GithubApi(settings.apiUrl, appOf(settings), http.trusted.fetch);
  const { vcsUrl, vcsToken } = settings;
  const vcs = vcsUrl !== null && vcsToken !== null ? { url: vcsUrl, token: vcsToken } : null;
  const memory = new TokenMemory();

  async function whyNot(notice: Notice): Promise<string | null> {
    if (shaOf(notice) === null) return NO_COMMIT;
    if (!isOnGithub(notice)) return vcs === null ? NO_VCS : null;
    if (settings.besideChecks || !(await directory.githubAccess(notice.facts)).managed) return null;
    return (await directory.isFeatureOn('use_commit_status', notice.facts)) ? null : MANAGED;
  }

  return {
    name: 'github-status',
    events: EVENT_NAMES.filter((name) => name.startsWith('build:')),
    timeoutMs: TIMEOUT_MS,
    latestOnly: true,

    async targets(notice) {
      const silent = await whyNot(notice);
      if (silent !== null) return [{ element: NO_ELEMENT, silent }];
      const { repository } = notice.facts;
      const sha = shaOf(notice) ?? '';
      const key = `${repository.id}/${sha}/${contextOf(notice)}`;
      const display = `${repository.slug} ${sha.slice(0, 7)} ${contextOf(notice)}`;
      const { host } = new URL(isOnGithub(notice) ? settings.apiUrl : (vcsUrl ?? ''));
      // GitHub counts by installation and user: the limits of one owner must not slow down the others.
      const destination = `${host}/${repository.owner_name ?? ''}`;
      return [{ element: NO_ELEMENT, key, display, orderKey: key, destination, target: null }];
    },

    async deliver(notice, _target, { signal }) {
      const status = commitStatusOf(notice, config.web.url);
      if (vcs !== null && !isOnGithub(notice)) return tellVcs(http.trusted, vcs, notice, status, signal);
      try {
        const tellers = await tellersOf(notice, status, { api, directory, signal });
        return 'kind' in tellers ? tellers : await tellStatus(tellers, memory, Date.now);
      } catch (error) {
        return outcomeOfFailure(error);
      }
    },
  };
}

/** Told more than once in one way or another, so the suite leaves out what holds for a single POST. */
export const contract: ChannelContract = {
  http: false,
  notifications: () => ({}),
  settings: (receiverUrl) => ({ apiUrl: new URL(receiverUrl).origin, besideChecks: true }),
  accepts: { status: 201 },
};
