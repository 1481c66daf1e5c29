import { Receiver } from '../contract/receiver';
import { GithubService } from '../support/github-service';
import { GithubScene, INSTALLATION, REPOSITORY, SHA, SLUG } from '../support/github-scene';
import * as channel from '../../src/notifications/channels/github/github-status.channel';
import type { ChannelDirectory } from '../../src/notifications/channel';

const NO_APP: Partial<ChannelDirectory> = { githubAccess: async () => ({ installation: null, managed: false }) };
const INSTALLED: Partial<ChannelDirectory> = {
  githubAccess: async () => ({ installation: INSTALLATION, managed: false }),
};
const TOKENS = { rkh: 'gho_committer_token', unreadable: null, svenfuchs: 'gho_administrator_token' };
const USERS: Partial<ChannelDirectory> = { ...NO_APP, githubTokens: async () => TOKENS };
const PUSH = 'continuous-integration/travis-ci/push';

describe('commit statuses', () => {
  let scene: GithubScene;

  const open = async (...args: Parameters<typeof GithubScene.open> extends [unknown, ...infer R] ? R : never) => {
    scene = await GithubScene.open(channel as never, ...args);
    return scene.github;
  };
  afterEach(() => scene.close());

  it('are set by the app, from the first word to the last, with one token', async () => {
    const github = await open(INSTALLED);
    github.install(INSTALLATION, [REPOSITORY]);
    await expect(scene.tell({ event: 'build:created' })).resolves.toEqual({ kind: 'delivered', code: 201 });
    await scene.tell({ event: 'build:started' });
    await scene.tell({ state: 'failed' });
    expect(github.statuses.map(({ state }) => state)).toEqual(['pending', 'pending', 'failure']);
    expect(github.statuses[2]).toEqual({
      repository: REPOSITORY,
      sha: SHA,
      state: 'failure',
      description: 'The Travis CI build failed',
      target_url: `https://ci.example.org/github/${SLUG}/builds/1`,
      context: PUSH,
      by: String(INSTALLATION),
    });
    expect(github.calls.filter(({ target }) => target.endsWith('/access_tokens'))).toHaveLength(1);
  });

  it('stand at the last commit of a pull request, under a name of their own', async () => {
    const github = await open(INSTALLED);
    github.install(INSTALLATION, [REPOSITORY]);
    await scene.tell({ eventType: 'pull_request' });
    expect(github.statuses).toMatchObject([{ sha: 'head1', context: 'continuous-integration/travis-ci/pr' }]);
  });

  it('are set in the name of the first user who may, when there is no app', async () => {
    const github = await open(USERS);
    github.user('rkh', TOKENS.rkh);
    github.user('svenfuchs', TOKENS.svenfuchs, REPOSITORY);
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'delivered' });
    expect(github.statuses).toMatchObject([{ by: 'svenfuchs' }]);
    expect(github.requests).toEqual(['rkh', 'svenfuchs']);
  });

  it.each<[string, (github: GithubService) => void]>([
    ['is not installed any more', () => undefined],
    ['is suspended', (github) => (github.install(INSTALLATION, [REPOSITORY]).suspended = true)],
    ['may not set statuses', (github) => github.install(INSTALLATION, [REPOSITORY], { checks: 'write' })],
    ['was not given the repository', (github) => github.install(INSTALLATION, [])],
  ])('are set in the name of a user when the app %s', async (_what, set) => {
    const github = await open({ ...INSTALLED, githubTokens: async () => TOKENS });
    set(github);
    github.user('rkh', TOKENS.rkh, REPOSITORY);
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'delivered' });
    expect(github.statuses).toMatchObject([{ by: 'rkh' }]);
  });

  it('are set with a new token when GitHub no longer takes the one that is kept', async () => {
    const github = await open(INSTALLED);
    github.install(INSTALLATION, [REPOSITORY]);
    await scene.tell({ event: 'build:created' });
    github.revokeInstallationTokens();
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'delivered' });
    expect(github.statuses.map(({ state }) => state)).toEqual(['pending', 'success']);
  });

  it('end visibly when GitHub keeps no more of them for a commit', async () => {
    const github = await open(USERS);
    github.user('rkh', TOKENS.rkh, REPOSITORY);
    const status = { repository: REPOSITORY, sha: SHA, context: PUSH, state: 'pending', by: 'rkh' };
    for (let i = 0; i < 1_000; i += 1) github.statuses.push(status);
    await expect(scene.tell()).resolves.toMatchObject({
      kind: 'rejected',
      code: 422,
      reason: expect.stringMatching(/at most 1,000 .* has reached the maximum number of statuses/),
    });
    expect(github.statuses).toHaveLength(1_000);
  });

  it('wait until the app may ask again, and ask nothing before', async () => {
    const github = await open({ ...INSTALLED, githubTokens: async () => ({}) });
    github.install(INSTALLATION, [REPOSITORY]);
    const resetAt = Math.floor(Date.now() / 1000) + 600;
    github.limits.set(String(INSTALLATION), { kind: 'primary', resetAt });
    const first = await scene.tell();
    expect(first).toMatchObject({ kind: 'retry', code: 403, reason: expect.stringContaining('asked too often') });
    const { afterMs } = first as { afterMs: number };
    expect(afterMs).toBeGreaterThan(590_000);
    expect(afterMs).toBeLessThanOrEqual(600_000);
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry' });
    expect(github.requests).toHaveLength(1);
  });

  it('wait as long as a secondary limit says', async () => {
    const github = await open(USERS);
    github.user('rkh', TOKENS.rkh, REPOSITORY);
    github.user('svenfuchs', TOKENS.svenfuchs, REPOSITORY);
    for (const login of ['rkh', 'svenfuchs']) github.limits.set(login, { kind: 'secondary', retryAfterS: 30 });
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry', afterMs: expect.any(Number) });
    github.limits.clear();
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry' });
    expect(github.requests).toEqual(['rkh', 'svenfuchs']);
  });

  it('are told of below the path of GitHub Enterprise Server', async () => {
    const github = await open(INSTALLED, {}, new GithubService('/api/v3'));
    github.install(INSTALLATION, [REPOSITORY]);
    await scene.tell();
    expect(github.statuses).toHaveLength(1);
  });

  it('name the repository by its id, so that they find it under a new name', async () => {
    const github = await open(USERS);
    github.user('rkh', TOKENS.rkh, REPOSITORY);
    await scene.tell({ repository: { slug: 'svenfuchs/old-name', vcs_slug: 'svenfuchs/old-name' } });
    await scene.tell({ repository: { vcs_id: null, github_id: null } });
    expect(github.calls.map(({ target }) => target)).toEqual([
      `/repositories/${REPOSITORY}/statuses/${SHA}`,
      `/repos/${SLUG}/statuses/${SHA}`,
    ]);
    expect(github.statuses).toHaveLength(2);
  });

  it('are left to check runs in repositories that the app manages', async () => {
    await open({ githubAccess: async () => ({ installation: INSTALLATION, managed: true }) });
    await expect(scene.tell()).resolves.toEqual({ silent: expect.stringContaining('it gets check runs') });
  });

  it.each<[string, Partial<ChannelDirectory>, object]>([
    ['a switch of the Travis installation', { isFeatureOn: async (name) => name === 'use_commit_status' }, {}],
    ['HUB_GITHUB_STATUS_BESIDE_CHECKS', {}, { besideChecks: true }],
  ])('stand beside check runs with %s', async (_what, directory, settings) => {
    const github = await open(directory, { ...settings });
    github.install(INSTALLATION, [REPOSITORY]);
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'delivered' });
    expect(github.statuses).toHaveLength(1);
  });

  it.each<[string, Partial<ChannelDirectory>, object, string, string]>([
    ['nobody could tell', { ...NO_APP, githubTokens: async () => ({}) }, {}, 'dropped', 'no user of the repository'],
    ['no token can be read', { ...NO_APP, githubTokens: async () => ({ a: null }) }, {}, 'rejected', 'ENCRYPTION_KEY'],
    [
      'the app is not known to Hub',
      { ...INSTALLED, githubTokens: async () => ({}) },
      { appId: null, privateKey: null },
      'rejected',
      'GITHUB_APP_ID',
    ],
  ])('say why they are not set: %s', async (_what, directory, settings, kind, reason) => {
    await open(directory, { ...settings });
    await expect(scene.tell()).resolves.toEqual({ kind, reason: expect.stringContaining(reason) });
  });

  it('break off with the time of the attempt, also while a token is fetched', async () => {
    const github = await open(INSTALLED);
    github.hold();
    const controller = new AbortController();
    const telling = scene.tell({}, controller.signal);
    await expect(Promise.race([telling, waitForCall(github)])).resolves.toBe('called');
    controller.abort(new Error('no answer within 30000 ms'));
    await expect(telling).resolves.toEqual({ kind: 'retry', reason: 'no answer within 30000 ms' });
  });

  it.each(['down', 'answers with an error'])('are tried again when GitHub is %s', async (what) => {
    const github = await open(USERS);
    if (what === 'down') github.down();
    else github.failWith = { status: 502, body: `Authorization: token ${TOKENS.rkh}` };
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry' });
    github.user('rkh', TOKENS.rkh, REPOSITORY);
  });

  it('have one order for all builds of a commit, and another for pull requests', async () => {
    await open(INSTALLED);
    const [push, other, pull] = await Promise.all([
      scene.orderKey({ buildId: 1 }),
      scene.orderKey({ buildId: 2 }),
      scene.orderKey({ eventType: 'pull_request' }),
    ]);
    expect(other).toBe(push);
    expect(pull).not.toBe(push);
  });

  it('refuse to start with one half of an app', async () => {
    await open(INSTALLED);
    await expect(GithubScene.open(channel as never, {}, { appId: null })).rejects.toThrow(
      'GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY belong together',
    );
  });

  describe('on other hosts', () => {
    let vcs: Receiver;
    beforeEach(async () => (vcs = await Receiver.start()));
    afterEach(() => vcs.stop());
    const bitbucket = { vcs_type: 'BitbucketRepository', vcs_id: '{a-1}', vcs_slug: 'team/minimal' };

    it('are set by travis-vcs', async () => {
      await open({}, { vcsUrl: vcs.url(''), vcsToken: 'vcs-token' });
      await expect(scene.tell({ repository: bitbucket })).resolves.toMatchObject({ kind: 'delivered', code: 200 });
      const [call] = vcs.received;
      expect(call).toMatchObject({
        method: 'POST',
        path: '/repos/%7Ba-1%7D/status',
        headers: { authorization: 'token vcs-token', 'content-type': 'application/json' },
      });
      expect(JSON.parse(call!.body)).toEqual({
        vcs_type: 'BitbucketRepository',
        commit: SHA,
        payload: {
          state: 'success',
          description: 'The Travis CI build passed',
          target_url: 'https://ci.example.org/bitbucket/team/minimal/builds/1',
          context: PUSH,
        },
        pr_number: null,
      });
    });

    it('keep no token that travis-vcs repeats', async () => {
      await open({}, { vcsUrl: vcs.url(''), vcsToken: 'vcs-token' });
      vcs.answer = ({ headers }) => ({ status: 400, body: headers.authorization ?? '' });
      const outcome = await scene.tell({ repository: bitbucket });
      expect(outcome).toMatchObject({ kind: 'rejected', response: 'token [secure]' });
    });

    it('say why they are not set without it', async () => {
      await open({});
      await expect(scene.tell({ repository: bitbucket })).resolves.toEqual({
        silent: expect.stringContaining('TRAVIS_VCS_URL'),
      });
    });
  });
});

/** Resolves once the service has taken a request in. */
async function waitForCall(github: GithubService): Promise<'called'> {
  while (github.calls.length === 0) await new Promise((resolve) => setImmediate(resolve));
  return 'called';
}
