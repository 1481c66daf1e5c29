import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { APP, GithubService } from '../support/github-service';
import { compileHub, HubProcess } from '../support/hub-process';
import { ENCRYPTION_KEY, insertTravisBuild, type TravisBuild } from '../support/travis-build';

const CREDENTIALS = 'test:a-long-test-password';
const REPOSITORY = 549_743;
const INSTALLATION = 77;

describe('a Hub that dies after it has told GitHub, and before it has noted that', () => {
  let database: TestDatabase;
  let github: GithubService;
  let build: TravisBuild;
  const hubs: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase({ travis: true });
    github = new GithubService();
    await github.up();
    github.repository(REPOSITORY, 'svenfuchs/minimal', '62aae5f70ceee39123ef');
    github.install(INSTALLATION, [REPOSITORY]);
    build = await insertTravisBuild(database);
    await database.query(
      `INSERT INTO installations (github_id, owner_type, owner_id, created_at, updated_at)
       VALUES ($1, 'User', $2, now(), now())`,
      [INSTALLATION, build.ownerId],
    );
    await database.query('UPDATE repositories SET managed_by_installation_at = now()');
  }, 120_000);
  afterAll(async () => {
    for (const hub of hubs) await hub.destroy();
    await github.close();
    await database.drop();
    github.expectNoMistakes();
  });

  async function startHub(environment: Record<string, string> = {}): Promise<HubProcess> {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      HTTP_BASIC_AUTH: CREDENTIALS,
      HUB_CHANNELS: 'github-checks=deliver,github-status=deliver',
      ENCRYPTION_KEY,
      GITHUB_API_URL: github.url,
      GITHUB_APP_ID: String(APP.id),
      GITHUB_APP_PRIVATE_KEY: APP.privateKey,
      PORT: '0',
      ...environment,
    });
    hubs.push(hub);
    await hub.line(({ msg }) => msg === 'The database is ready.');
    return hub;
  }

  const order = async (hub: HubProcess, command: string): Promise<unknown> =>
    fetch(`${await hub.url()}/api/builds/${build.buildId}/${command}`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(CREDENTIALS)}` },
    });

  const allTold = (): Promise<void> =>
    eventually(
      async () => {
        const [open] = await database.query(
          `SELECT (SELECT count(*) FROM hub.events WHERE planned_at IS NULL)::integer AS unplanned,
                  (SELECT count(*) FROM hub.deliveries WHERE channel LIKE 'github-%' AND state = 'pending')::integer AS pending`,
        );
        expect(open).toEqual({ unplanned: 0, pending: 0 });
      },
      { timeoutMs: 60_000 },
    );

  const stop = async (hub: HubProcess): Promise<void> => {
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);
  };

  /** Has Hub restart the build, and die as soon as GitHub was told of it; then another one goes on. */
  async function dieTellingOfRestart(): Promise<void> {
    const doomed = await startHub({ HUB_TEST_FAULT: 'after-send:1' });
    // The process may be gone before it answers.
    await order(doomed, 'restart').catch(() => undefined);
    expect(await doomed.exited).toBeNull();
    const told = github.calls.length;
    expect(told).toBeGreaterThan(0);

    const next = await startHub();
    await allTold();
    expect(github.calls.length).toBeGreaterThan(told);
    await stop(next);
  }

  const shown = (): string[] => github.runs.map(({ conclusion, status }) => conclusion ?? status);

  it('makes one check run for a build and one for each restart, and logs no secret', async () => {
    await database.query(`UPDATE builds SET state = 'passed'`);
    await database.query(`UPDATE jobs SET state = 'passed'`);
    await dieTellingOfRestart();
    expect(shown()).toEqual(['queued']);

    const hub = await startHub();
    await order(hub, 'cancel');
    await allTold();
    await stop(hub);
    expect(shown()).toEqual(['cancelled']);

    await dieTellingOfRestart();
    expect(shown()).toEqual(['cancelled', 'queued']);

    const said = JSON.stringify(hubs.map(({ lines, stderr }) => [lines, stderr]));
    for (const secret of [...github.secrets, APP.privateKey.slice(40, 80)]) expect(said).not.toContain(secret);
  }, 300_000);
});
