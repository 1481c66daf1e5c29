import { generateKeyPairSync } from 'node:crypto';
import type { GithubService } from '../support/github-service';
import { GithubScene, INSTALLATION, REPOSITORY, SHA, SLUG } from '../support/github-scene';
import * as channel from '../../src/notifications/channels/github/github-checks.channel';
import type { ChannelDirectory } from '../../src/notifications/channel';

const RESTARTED = '2014-04-03T10:30:00.250Z';

describe('check runs', () => {
  let scene: GithubScene;

  const open = async (...args: Parameters<typeof GithubScene.open> extends [unknown, ...infer R] ? R : never) => {
    scene = await GithubScene.open(channel as never, ...args);
    scene.github.install(INSTALLATION, [REPOSITORY], { checks: 'write' });
    return scene.github;
  };
  const shown = (github: GithubService): string[] =>
    github.runs.map(({ external_id, status, conclusion }) => `${external_id} ${conclusion ?? status}`);
  afterEach(() => scene.close());

  it('follow a build from its creation to its end', async () => {
    const github = await open();
    await expect(scene.tell({ event: 'build:created' })).resolves.toEqual({ kind: 'delivered', code: 201 });
    expect(shown(github)).toEqual(['1 queued']);
    await expect(scene.tell({ event: 'build:started' })).resolves.toEqual({ kind: 'delivered', code: 200 });
    expect(shown(github)).toEqual(['1 in_progress']);
    await scene.tell({ state: 'errored' });
    expect(github.runs).toMatchObject([
      {
        repository: REPOSITORY,
        head_sha: SHA,
        name: 'Travis CI - Branch',
        external_id: '1',
        status: 'completed',
        conclusion: 'action_required',
        started_at: '2014-04-03T10:21:05Z',
        completed_at: '2014-04-03T10:22:05Z',
        details_url: `https://ci.example.org/github/${SLUG}/builds/1`,
        output: { title: 'Build Errored', text: expect.stringContaining('## Jobs and Stages') },
      },
    ]);
  });

  it.each([
    ['build:started', 'started', 'in_progress'],
    ['build:finished', 'passed', 'success'],
    ['build:canceled', 'canceled', 'cancelled'],
  ] as const)('are there after %s although the creation was never told', async (event, state, expected) => {
    const github = await open();
    await expect(scene.tell({ event, state })).resolves.toEqual({ kind: 'delivered', code: 201 });
    expect(shown(github)).toEqual([`1 ${expected}`]);
  });

  it('begin anew when a build is restarted, because GitHub opens none again', async () => {
    const github = await open();
    await scene.tell({ state: 'failed' });
    await scene.tell({ event: 'build:restarted', restartedAt: RESTARTED });
    expect(shown(github)).toEqual(['1 failure', '1 queued']);
    await scene.tell({ event: 'build:started', restartedAt: RESTARTED });
    await scene.tell({ restartedAt: RESTARTED });
    expect(shown(github)).toEqual(['1 failure', '1 success']);
  });

  it('keep the result before a restart also when only the new one is told', async () => {
    const github = await open();
    await scene.tell({ state: 'failed' });
    await scene.tell({ restartedAt: RESTARTED });
    expect(shown(github)).toEqual(['1 failure', '1 success']);
  });

  it('are not made twice when anything is told twice', async () => {
    const github = await open();
    for (const told of [
      { event: 'build:created' },
      { event: 'build:started' },
      { state: 'failed' },
      { event: 'build:restarted', restartedAt: RESTARTED },
      { restartedAt: RESTARTED },
    ] as const) {
      await expect(scene.tell(told)).resolves.toMatchObject({ kind: 'delivered' });
      await expect(scene.tell(told)).resolves.toMatchObject({ kind: 'delivered', code: 200 });
    }
    expect(shown(github)).toEqual(['1 failure', '1 success']);
  });

  it('never fall back from a result', async () => {
    const github = await open();
    await scene.tell({ restartedAt: RESTARTED });
    await expect(scene.tell({ event: 'build:started', restartedAt: RESTARTED })).resolves.toEqual({
      kind: 'dropped',
      reason: 'the check run is completed already',
    });
    await expect(scene.tell({ state: 'failed' })).resolves.toEqual({
      kind: 'dropped',
      reason: 'the build was restarted since',
    });
    expect(shown(github)).toEqual(['1 success']);
  });

  it('are one for each build of a commit, and found among many', async () => {
    const github = await open();
    for (let buildId = 1; buildId <= 101; buildId += 1) await scene.tell({ event: 'build:created', buildId });
    await scene.tell({ buildId: 1 });
    expect(github.runs).toHaveLength(101);
    expect(shown(github)[0]).toBe('1 success');
    expect(await scene.orderKey({ buildId: 1 })).not.toBe(await scene.orderKey({ buildId: 2 }));
  }, 60_000);

  it('leave those of other apps alone', async () => {
    const github = await open();
    await scene.tell({ event: 'build:created' });
    github.runs[0] = { ...github.runs[0]!, app: 7 };
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'delivered', code: 201 });
    expect(shown(github)).toEqual(['1 queued', '1 success']);
  });

  it('stand at the last commit of a pull request', async () => {
    const github = await open();
    await scene.tell({ eventType: 'pull_request' });
    expect(github.runs).toMatchObject([{ name: 'Travis CI - Pull Request', head_sha: 'head1' }]);
  });

  it('are called like commit statuses with GITHUB_STATUS_LEGACY_NAME', async () => {
    const github = await open({}, { legacyName: true });
    await scene.tell();
    expect(github.runs).toMatchObject([{ name: 'continuous-integration/travis-ci/push' }]);
  });

  it('are cut to what GitHub takes', async () => {
    const github = await open();
    const config = { script: 'x'.repeat(70_000) };
    await expect(scene.tell({ config })).resolves.toMatchObject({ kind: 'delivered' });
    expect(github.runs[0]?.output.text).toContain('Build configuration is too large to display');
  });

  it('wait while GitHub limits the app, and ask nothing before', async () => {
    const github = await open();
    github.limits.set(String(INSTALLATION), { kind: 'secondary' });
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry', code: 403, afterMs: 60_000 });
    github.limits.clear();
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'retry', reason: 'GitHub was asked too often.' });
    expect(github.requests).toHaveLength(1);
  });

  it('say what the app lacks', async () => {
    const github = await open();
    github.install(INSTALLATION, [REPOSITORY], { checks: 'read' });
    await expect(scene.tell()).resolves.toMatchObject({
      kind: 'rejected',
      code: 403,
      reason: expect.stringMatching(/"Checks: read and write".*Resource not accessible by integration/),
    });
    github.install(INSTALLATION, []);
    github.revokeInstallationTokens();
    await expect(scene.tell()).resolves.toMatchObject({ kind: 'rejected', code: 404 });
  });

  it('are tried again while GitHub does not know the app', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    await open({}, { privateKey: privateKey.export({ type: 'pkcs1', format: 'pem' }) });
    await expect(scene.tell()).resolves.toMatchObject({
      kind: 'retry',
      code: 401,
      reason: expect.stringContaining('GITHUB_APP_PRIVATE_KEY'),
    });
  });

  it('ask nothing when the time of the attempt is over already', async () => {
    const github = await open();
    await expect(scene.tell({}, AbortSignal.abort(new Error('too late')))).resolves.toEqual({
      kind: 'retry',
      reason: 'too late',
    });
    expect(github.calls).toEqual([]);
  });

  it('say when the commit is not known there', async () => {
    await open();
    await expect(scene.tell({ eventType: 'pull_request', repository: {} })).resolves.toMatchObject({
      kind: 'delivered',
    });
    const github = scene.github;
    github.forget(SHA);
    await expect(scene.tell()).resolves.toMatchObject({
      kind: 'rejected',
      code: 422,
      reason: expect.stringContaining('No commit found'),
    });
  });

  it.each<[string, Partial<ChannelDirectory>, object, string]>([
    [
      'is not managed by the app',
      { githubAccess: async () => ({ installation: 1, managed: false }) },
      {},
      'not managed',
    ],
    ['is not on GitHub', {}, { vcs_type: 'GitlabRepository' }, 'not on GitHub'],
  ])('say why there are none: the repository %s', async (_what, directory, repository, silent) => {
    await open(directory);
    await expect(scene.tell({ repository })).resolves.toEqual({ silent: expect.stringContaining(silent) });
  });

  it('refuse to start without an app', async () => {
    await open();
    await expect(GithubScene.open(channel as never, {}, { appId: null, privateKey: null })).rejects.toThrow(
      'set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY',
    );
  });
});
