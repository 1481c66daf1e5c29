import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Receiver } from '../contract/receiver';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { runCli } from '../support/cli-process';
import { compileHub, HubProcess, OUT } from '../support/hub-process';
import { insertBuild } from '../support/rows';

const ROOT = join(__dirname, '../..');
const EXAMPLE = 'hub-channel-mattermost';
/** Below the project, so that the example finds the same tools as the project. */
const PLACE = join(ROOT, '.cache/installation', process.env.JEST_WORKER_ID ?? '1');
const CREDENTIALS = 'test:a-long-test-password';

/**
 * As npm, or as a tool that npm starts.
 *
 * @throws Error with all that was said
 */
function run(cwd: string, command: string, ...args: string[]): string {
  try {
    // A cache of its own, so that nothing that npm has seen elsewhere helps.
    const env = { PATH: process.env.PATH, HOME: PLACE, npm_config_cache: join(PLACE, '.npm'), NODE_ENV: 'test' };
    return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`, { cause: error });
  }
}

/** What the author has: the package, and Hub beside its other tools. */
const author = join(PLACE, EXAMPLE);

describe('a channel in a package of its own', () => {
  let database: TestDatabase;
  let receiver: Receiver;
  let hub: HubProcess | undefined;

  beforeAll(async () => {
    compileHub();
    rmSync(PLACE, { recursive: true, force: true });
    mkdirSync(PLACE, { recursive: true });
    // Hub as it is published, without its dependencies: those stand above.
    const { name, version, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    mkdirSync(join(PLACE, 'hub'));
    writeFileSync(join(PLACE, 'hub/package.json'), JSON.stringify({ name, version, exports }));
    symlinkSync(OUT, join(PLACE, 'hub/dist'));
    cpSync(join(ROOT, 'examples', EXAMPLE), author, { recursive: true });
    writeFileSync(join(PLACE, 'package.json'), JSON.stringify({ name: 'installation', private: true }));
    run(PLACE, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', './hub');
    database = await createTestDatabase();
    receiver = await Receiver.start();
  }, 120_000);

  afterAll(async () => {
    await hub?.destroy();
    await receiver.stop();
    await database.drop();
    rmSync(PLACE, { recursive: true, force: true });
  });

  it('passes the contract suite and a test of its own, as its author runs them', () => {
    const results = join(PLACE, 'results.json');
    run(author, 'npm', 'test', '--', '--silent', '--json', `--outputFile=${results}`);
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(results, 'utf8')) as Record<string, number>;
    expect(numFailedTests).toBe(0);
    expect(numPassedTests).toBeGreaterThan(30);
  }, 120_000);

  it('compiles against the types of the contract, is installed, and tells people', async () => {
    run(author, 'npm', 'pack', '--pack-destination', PLACE);
    run(PLACE, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', `./${EXAMPLE}-1.0.0.tgz`);
    hub = new HubProcess(
      {
        DATABASE_URL: database.url,
        HTTP_BASIC_AUTH: CREDENTIALS,
        PORT: '0',
        HUB_CHANNELS: `${EXAMPLE}=deliver,webhook=off`,
        HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
        MATTERMOST_USERNAME: 'ci',
      },
      [],
      PLACE,
    );
    const url = await hub.url();
    expect(await hub.line(({ msg }) => msg?.startsWith('what becomes of the notices') === true)).toMatchObject({
      mattermost: 'deliver',
    });
    const config = { notifications: { mattermost: [receiver.url(), { room: receiver.url(), on_cancel: 'never' }] } };
    const { buildId } = await insertBuild(database, { jobs: 1, config });
    const headers = { Authorization: `Basic ${btoa(CREDENTIALS)}` };
    const canceled = await fetch(`${url}/api/builds/${buildId}/cancel`, { method: 'POST', headers });
    expect(canceled.status).toBe(200);
    await eventually(() => expect(receiver.received).toHaveLength(1));
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      username: 'ci',
      text: expect.stringContaining('The build was canceled.'),
    });
    const timeline = await eventually(async () => {
      const answer = await fetch(`${url}/api/builds/${buildId}/timeline`, { headers });
      const { events } = (await answer.json()) as { events: { told: { state: string }[]; silent: unknown[] }[] };
      expect(events[0]?.told[0]?.state).toBe('delivered');
      return events[0];
    });
    expect(timeline?.silent).toEqual([{ channel: 'mattermost', element: 1, reason: 'on_cancel: never' }]);
  }, 120_000);

  it('has its variables told by the command line, never with their values', async () => {
    const environment = { HUB_CHANNELS: `${EXAMPLE}=deliver`, MATTERMOST_USERNAME: 'a-secret-value' };
    const { code, stdout } = await runCli(['variables', '--json'], environment, PLACE);
    expect(code).toBe(0);
    const told = (JSON.parse(stdout) as { name: string }[]).find(({ name }) => name === 'MATTERMOST_USERNAME');
    expect(told).toMatchObject({ channel: 'mattermost', required: false, set: 'MATTERMOST_USERNAME' });
    expect(stdout).not.toContain('a-secret-value');
  });

  it('that is named but not installed keeps Hub from starting, and says so', async () => {
    const other = new HubProcess({
      DATABASE_URL: database.url,
      HTTP_BASIC_AUTH: CREDENTIALS,
      PORT: '0',
      HUB_CHANNELS: '@acme/hub-channel-pager=deliver',
    });
    expect(await other.exited).toBe(1);
    expect(JSON.stringify(other.lines) + other.stderr).toContain('no such package is installed: npm install it');
  });
});
