import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { compileHub, HubProcess } from '../support/hub-process';
import { JobBoardService } from '../support/job-board-service';
import { LogsService } from '../support/logs-service';
import { insertBuild } from '../support/rows';

const TOKEN = 'leak-of-the-token';
const PASSWORD = 'leak-of-the-password';
const CREDENTIALS = 'alice:a-long-test-password';

describe('a Hub process beside travis-logs and the Job Board', () => {
  let database: TestDatabase;
  let logs: LogsService;
  let board: JobBoardService;
  const started: HubProcess[] = [];

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    logs = new LogsService(TOKEN);
    board = new JobBoardService('hub', PASSWORD, 'org');
    await Promise.all([logs.up(), board.up()]);
  }, 120_000);
  afterEach(async () => {
    await Promise.all(started.splice(0).map((hub) => hub.destroy()));
    logs.expectNoMistakes();
    board.expectNoMistakes();
  });
  afterAll(async () => {
    await Promise.all([logs.close(), board.close(), database.drop()]);
  });

  async function start(changes: Record<string, string> = {}): Promise<[HubProcess, string]> {
    const hub = new HubProcess({
      DATABASE_URL: database.url,
      HTTP_BASIC_AUTH: CREDENTIALS,
      PORT: '0',
      LOG_LEVEL: 'trace',
      LOGS_API_URL: logs.origin,
      LOGS_API_TOKEN: TOKEN,
      JOB_BOARD_URL: board.url,
      ...changes,
    });
    started.push(hub);
    const url = await hub.url();
    await eventually(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200), { timeoutMs: 15_000 });
    return [hub, url];
  }

  async function command(url: string, jobId: number, name: string): Promise<number> {
    const authorization = `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`;
    const answer = await fetch(`${url}/api/jobs/${jobId}/${name}`, { method: 'POST', headers: { authorization } });
    return answer.status;
  }

  async function jobWithLog(): Promise<number> {
    const { jobIds } = await insertBuild(database, { jobs: 1 });
    const [id = 0] = jobIds;
    logs.logs.set(id, 'first run');
    board.jobs.add(id);
    return id;
  }

  it('still does what it had decided on when it died right after the commit', async () => {
    const id = await jobWithLog();
    const [dying, url] = await start({ HUB_TEST_FAULT: 'after-commit:1' });
    await command(url, id, 'cancel').catch(() => undefined);
    await dying.exited;
    expect(board.jobs.has(id)).toBe(true);

    const [, next] = await start();
    await eventually(() => expect(board.jobs.has(id)).toBe(false));
    expect(await command(next, id, 'restart')).toBe(200);
    await eventually(() => expect(logs.logs.get(id)).toBe(''));
  }, 60_000);

  it('logs no secret, whatever it logs and however the services refuse it', async () => {
    const id = await jobWithLog();
    logs.failWith = { status: 400, body: `no token ${TOKEN}` };
    board.failWith = { status: 405, body: `no ${PASSWORD} at ${board.url}` };
    const [hub, url] = await start();
    await command(url, id, 'cancel');
    await eventually(() => expect(failures(hub)).toEqual(['job-board']));
    await command(url, id, 'restart');
    await eventually(() => expect(failures(hub)).toEqual(['job-board', 'log-clear']));
    expect(JSON.stringify(hub.lines) + hub.stderr).not.toContain('leak');
  }, 60_000);
});

/** Channels of the deliveries that were given up, as the log tells. */
function failures({ lines }: HubProcess): unknown[] {
  return lines.filter(({ msg }) => msg?.startsWith('a delivery failed for good')).map(({ channel }) => channel);
}
