import { generateKeyPairSync } from 'node:crypto';
import {
  EVENT_NAMES,
  kinds,
  NO_ELEMENT,
  optional,
  outcomeOfFailure,
  type Channel,
  type ChannelContract,
  type ChannelDeps,
  type SettingsOf,
} from '../../channel';
import { isOnGithub, shaOf } from './about';
import { checkRunOf } from './check-run';
import { GithubApi } from './github-api';
import { appOf, githubVariables } from './settings';
import { tellCheck } from './tell-check';
import { TokenMemory } from './token-memory';

export const variables = {
  ...githubVariables,
  legacyName: optional(
    {
      name: 'GITHUB_STATUS_LEGACY_NAME',
      kind: kinds.truth,
      help: 'Call check runs like commit statuses (continuous-integration/travis-ci/push), for branches protected by that.',
      example: 'false',
    },
    false,
  ),
};

/** Time for a token, a look for the run, and the run. */
const TIMEOUT_MS = 30_000;
const NO_COMMIT = 'the commit to show it at is not known';
const NOT_GITHUB = 'the repository is not on GitHub';
const NOT_MANAGED = 'the repository is not managed by the GitHub app';

/**
 * Shows every build as a check run (notifications.md §3), in repositories that the GitHub app manages.
 *
 * @throws when no app is configured
 */
export default function githubChecks(deps: ChannelDeps<SettingsOf<typeof variables>>): Channel<number> {
  const { settings, config, http, directory } = deps;
  const app = appOf(settings);
  if (app === null)
    throw new Error('check runs are set by a GitHub app: set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.');
  const api = new GithubApi(settings.apiUrl, app, http.trusted.fetch);
  const memory = new TokenMemory();

  return {
    name: 'github-checks',
    events: EVENT_NAMES.filter((name) => name.startsWith('build:')),
    timeoutMs: TIMEOUT_MS,
    latestOnly: true,

    async targets(notice) {
      const { repository } = notice.facts;
      const sha = shaOf(notice);
      const silent = (reason: string) => [{ element: NO_ELEMENT, silent: reason }];
      if (!isOnGithub(notice)) return silent(NOT_GITHUB);
      const { installation, managed } = await directory.githubAccess(notice.facts);
      if (!managed || installation === null) return silent(NOT_MANAGED);
      if (sha === null) return silent(NO_COMMIT);
      const key = `${repository.id}/${sha}/${notice.event.build_id}`;
      return [
        {
          element: NO_ELEMENT,
          key,
          display: `${repository.slug} ${sha.slice(0, 7)} build ${notice.event.build_id}`,
          // Not by commit alone: builds of one commit have a run each, and each has to end.
          orderKey: key,
          // GitHub counts by installation: the limits of one owner must not slow down the others.
          destination: `${new URL(settings.apiUrl).host}/${repository.owner_name ?? ''}`,
          target: installation,
        },
      ];
    },

    async deliver(notice, installation, { signal }) {
      const rest = memory.restOf(`installation ${installation}`);
      if (rest) return { kind: 'retry', reason: 'GitHub was asked too often.', afterMs: rest.untilMs - Date.now() };
      try {
        const run = checkRunOf(notice, config.web.url, settings.legacyName);
        const outcome = await tellCheck(notice, run, { api, installation, appId: app.id, signal });
        if (outcome.kind === 'retry' && outcome.afterMs !== undefined) {
          memory.limited(`installation ${installation}`, outcome.afterMs);
        }
        return outcome;
      } catch (error) {
        return outcomeOfFailure(error);
      }
    },
  };
}

/** GitHub is asked several things for one check run, so the suite leaves out what holds for a single POST. */
export const contract: ChannelContract = {
  http: false,
  notifications: () => ({}),
  settings: (receiverUrl) => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    return { apiUrl: new URL(receiverUrl).origin, appId: '1', privateKey: pem };
  },
  accepts: {
    status: 201,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: 'ghs_sample', expires_at: '2100-01-01T00:00:00Z', permissions: {}, check_runs: [] }),
  },
};
