import type { Environment } from '../../src/config';
import { Batcher, normaliseMessage } from '../../src/intake';
import { eventually } from '../support';
import { APP, GithubService } from '../support/github-service';
import { ENCRYPTION_KEY, insertTravisBuild, type TravisBuild, type TravisBuildShape } from '../support/travis-build';
import { buildBody, startApiApp, type ApiApp } from './api-app';

const REPOSITORY = 549_743;
const INSTALLATION = 77;
const SHA = '62aae5f70ceee39123ef';

interface DeliveryRow {
  readonly channel: string;
  readonly event: string;
  readonly state: string;
  readonly reason: string | null;
}

describe('GitHub, told by the whole of Hub', () => {
  let github: GithubService;
  let hub: ApiApp;

  beforeEach(async () => {
    github = new GithubService();
    await github.up();
    github.repository(REPOSITORY, 'svenfuchs/minimal', SHA, 'head1');
  });
  afterEach(async () => {
    await hub.close();
    await github.close();
    github.expectNoMistakes();
  });

  /** @param travis on the database of a Travis installation, else on one of its own */
  async function start(environment: Environment = {}, travis = true): Promise<void> {
    hub = await startApiApp(
      {
        HUB_CHANNELS: 'github-status=deliver,github-checks=deliver',
        HUB_WEB_URL: 'https://travis-ci.com',
        ENCRYPTION_KEY,
        GITHUB_API_URL: github.url,
        GITHUB_APP_ID: String(APP.id),
        GITHUB_APP_PRIVATE_KEY: APP.privateKey,
        ...environment,
      },
      { travis },
    );
  }

  /** @param managed the app is installed for the owner and manages the repository */
  async function insert(managed: boolean, shape: TravisBuildShape = {}): Promise<TravisBuild> {
    const build = await insertTravisBuild(hub.database, shape);
    if (!managed) return build;
    github.install(INSTALLATION, [REPOSITORY]);
    await hub.database.query(
      `INSERT INTO installations (github_id, owner_type, owner_id, created_at, updated_at)
       VALUES ($1, 'User', $2, now(), now())`,
      [INSTALLATION, build.ownerId],
    );
    await hub.database.query('UPDATE repositories SET managed_by_installation_at = now() WHERE id = $1', [
      build.repositoryId,
    ]);
    return build;
  }

  const send = (type: string, body: object): Promise<unknown> =>
    hub.app.get(Batcher).submit(normaliseMessage(type, body));

  const deliveries = (): Promise<DeliveryRow[]> =>
    hub.rows(
      `SELECT d.channel, e.name AS event, d.state, d.last_reason AS reason
         FROM hub.deliveries d JOIN hub.events e ON e.id = d.event_id WHERE d.channel LIKE 'github-%' ORDER BY d.id`,
    );

  const settled = (): Promise<void> =>
    eventually(async () => {
      const [open] = await hub.rows(
        `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL) AS unplanned,
                (SELECT count(*) FROM hub.deliveries WHERE state = 'pending') AS pending`,
      );
      expect(open).toEqual({ unplanned: 0, pending: 0 });
    });

  async function play({ buildId, jobId: id }: TravisBuild, state = 'passed'): Promise<void> {
    await send('build:create', { id: buildId });
    await send('job:receive', { id });
    await send('job:start', { id, started_at: '2014-04-03T10:21:05Z' });
    await send('job:finish', { id, state, finished_at: '2014-04-03T10:22:05Z' });
  }

  it('sees the end of a build in a check run of the app, and no status, where the app manages the repository', async () => {
    await start();
    const build = await insert(true);
    await play(build, 'failed');
    await settled();
    expect(github.runs).toMatchObject([
      {
        name: 'Travis CI - Branch',
        external_id: String(build.buildId),
        head_sha: SHA,
        status: 'completed',
        conclusion: 'failure',
        completed_at: '2014-04-03T10:22:05Z',
      },
    ]);
    expect(github.statuses).toEqual([]);
  });

  it('sees the end of a build in a status in the name of the committer elsewhere', async () => {
    github.user('rkh', 'rkh-token', REPOSITORY);
    github.user('svenfuchs', 'svenfuchs-token', REPOSITORY);
    await start();
    const build = await insert(false);
    await play(build);
    await settled();
    expect(github.statuses.at(-1)).toEqual({
      repository: REPOSITORY,
      sha: SHA,
      state: 'success',
      description: 'The Travis CI build passed',
      target_url: `https://travis-ci.com/github/svenfuchs/minimal/builds/${build.buildId}`,
      context: 'continuous-integration/travis-ci/push',
      by: 'rkh',
    });
    expect(github.runs).toEqual([]);
  });

  it('is told in the name of an administrator when the committer may not', async () => {
    github.user('rkh', 'rkh-token');
    github.user('svenfuchs', 'svenfuchs-token', REPOSITORY);
    await start();
    await play(await insert(false, { eventType: 'pull_request' }));
    await settled();
    expect(github.statuses.at(-1)).toMatchObject({
      by: 'svenfuchs',
      sha: 'head1',
      context: 'continuous-integration/travis-ci/pr',
    });
  });

  it('is told of a build that nobody ever told of before', async () => {
    await start();
    const build = await insert(true);
    await send('job:start', { id: build.jobId, started_at: '2014-04-03T10:21:05Z' });
    await settled();
    expect(github.runs).toMatchObject([{ external_id: String(build.buildId), status: 'in_progress' }]);
  });

  it('gets a new check run when a build is restarted, which ends too', async () => {
    await start();
    const build = await insert(true);
    await play(build, 'failed');
    await settled();
    await send('job:restart', { id: build.jobId });
    await settled();
    expect(github.runs.map(({ conclusion, status }) => conclusion ?? status)).toEqual(['failure', 'queued']);
    await send('job:start', { id: build.jobId, started_at: '2014-04-03T10:31:05Z' });
    await send('job:finish', { id: build.jobId, state: 'passed', finished_at: '2014-04-03T10:32:05Z' });
    await settled();
    expect(github.runs.map(({ conclusion }) => conclusion)).toEqual(['failure', 'success']);
  });

  it('sees only the end of what happened while it was down', async () => {
    github.user('rkh', 'rkh-token', REPOSITORY);
    await start();
    const build = await insert(false);
    github.failWith = { status: 503 };
    await play(build);
    await eventually(async () => {
      const rows = await deliveries();
      expect(rows.some(({ event, reason }) => event === 'build:finished' && reason !== null)).toBe(true);
    });
    github.failWith = null;
    await settled();
    expect(github.statuses.map(({ state }) => state)).toEqual(['success']);
    const states = (await deliveries()).filter(({ channel }) => channel === 'github-status');
    expect(states.filter(({ state }) => state === 'delivered').map(({ event }) => event)).toEqual(['build:finished']);
  });

  it('needs nothing but a build that is created with the installation of the app', async () => {
    github.install(INSTALLATION, [REPOSITORY]);
    await start({}, false);
    const repository = {
      owner_name: 'svenfuchs',
      name: 'minimal',
      github_id: REPOSITORY,
      installation_id: INSTALLATION,
    };
    const answer = await hub.post('/api/builds', buildBody({ repository, commit: { sha: SHA } }));
    expect(answer.status).toBe(201);
    await settled();
    const { id } = answer.body as { id: number };
    expect(github.runs).toMatchObject([{ external_id: String(id), head_sha: SHA, status: 'queued' }]);
    await hub.post(`/api/builds/${id}/cancel`);
    await settled();
    expect(github.runs).toMatchObject([{ external_id: String(id), conclusion: 'cancelled' }]);
  });

  it('never shows a secret in what Hub keeps', async () => {
    github.user('rkh', 'rkh-token');
    await start();
    await play(await insert(false));
    await settled();
    const kept = JSON.stringify(await hub.rows('SELECT * FROM hub.deliveries'));
    expect(kept).toContain('GitHub takes it from nobody: rkh: 404 Not Found; svenfuchs: 401 Bad credentials.');
    expect(kept).not.toMatch(/rkh-token|svenfuchs-token/);
  });
});
