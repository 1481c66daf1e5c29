import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { Session } from '../../src/simulate/amqp/session';
import { Simulation, type SimulationResult } from '../../src/simulate/simulation';
import type { SimulationOptions } from '../../src/simulate/options';
import { createTestBroker, createTestDatabase, type TestBroker, type TestDatabase } from '../support';
import { compileHub, HubProcess, OUT } from '../support/hub-process';

const CREDENTIALS = { user: 'test', password: 'a-long-test-password' };
/** With it, each trouble comes up in sixty jobs, and people cancel and restart. */
const SEED = 2;

function newKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

describe('a simulated fleet of workers', () => {
  let database: TestDatabase;
  let broker: TestBroker;
  let hub: HubProcess;
  let hubUrl: string;
  const key = newKey();

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    broker = await createTestBroker();
    hub = new HubProcess(environment());
    hubUrl = await hub.url();
    await hub.line(({ msg }) => msg === 'consuming');
  }, 120_000);

  afterAll(async () => {
    await hub.destroy();
    await broker.drop();
    await database.drop();
  });

  it('ends with every job right over the broker, whatever goes wrong', async () => {
    const result = await simulate({ mode: 'amqp', chaos: true });

    expect(result).toMatchObject({ jobs: { all: 60, right: 60 }, findings: [] });
    const { counts } = result;
    for (const met of ['repeated', 'swapped', 'delayed', 'lost', 'from_old_runs', 'died', 'redelivered'] as const) {
      expect([met, counts[met]]).not.toEqual([met, 0]);
    }
    for (const met of ['connections_lost', 'cancels', 'restarts'] as const) {
      expect([met, counts[met]]).not.toEqual([met, 0]);
    }
    expect(await database.query('SELECT reason FROM hub.parked_messages')).toEqual([]);
  }, 120_000);

  it('ends with every job right over HTTP, whatever goes wrong', async () => {
    const result = await simulate({ mode: 'http', chaos: true });

    expect(result).toMatchObject({ jobs: { all: 60, right: 60 }, findings: [] });
    const { counts } = result;
    for (const met of ['repeated', 'delayed', 'lost', 'broken_requests', 'died', 'redelivered', 'restarts'] as const) {
      expect([met, counts[met]]).not.toEqual([met, 0]);
    }
  }, 120_000);

  it('notices a Hub that does not take the tokens of its workers', async () => {
    const result = await simulate({ mode: 'http', chaos: false, jobs: 2, patienceSeconds: 4, tokenKey: newKey() });

    expect(result).toMatchObject({ jobs: { all: 2, right: 0 } });
    expect(result.findings[0]?.hint).toContain('answered 403');
  }, 60_000);

  it('says so at the command line, with the verdict last', async () => {
    const { code, stdout } = await commandLine(['--jobs', '12', '--workers', '4', '--seed', '5']);

    expect(stdout.trimEnd().split('\n').at(-1)).toBe('jobs 12 right 12 wrong 0 stuck 0');
    expect(code).toBe(0);
  }, 60_000);

  it('notices a Hub that keeps a job in another state than it was told, and the build that follows from it', async () => {
    await database.query(
      `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.state := 'failed'; RETURN NEW; END $$`,
    );
    await database.query(
      `CREATE TRIGGER spoil BEFORE UPDATE ON jobs FOR EACH ROW
         WHEN (NEW.state = 'passed' AND NOT NEW.allow_failure AND NEW.id % 3 = 0) EXECUTE FUNCTION spoil()`,
    );
    try {
      const { code, stdout } = await commandLine(['--jobs', '20', '--workers', '4', '--seed', '5', '--json']);
      const result = JSON.parse(stdout) as SimulationResult;

      const spoilt = await database.query<{ id: number }>(
        `SELECT id FROM jobs JOIN LATERAL (SELECT snapshot -> 'job' ->> 'state' AS told FROM hub.events
                                            WHERE job_id = jobs.id ORDER BY hub.events.id DESC LIMIT 1) last ON true
          WHERE state = 'failed' AND told = 'passed'`,
      );
      expect(spoilt.length).toBeGreaterThan(0);
      expect(result.findings.map(({ id }) => id)).toEqual(expect.arrayContaining(spoilt.map(({ id }) => id)));
      expect(result.findings).toContainEqual(
        expect.objectContaining({ what: 'job', kind: 'wrong', expected: 'passed', found: 'failed' }),
      );
      expect(code).toBe(1);
    } finally {
      await database.query('DROP FUNCTION spoil CASCADE');
    }
  }, 60_000);

  it('notices a build whose state does not follow from its jobs', async () => {
    await database.query(
      `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN NEW.state := 'errored'; RETURN NEW; END $$`,
    );
    await database.query(
      `CREATE TRIGGER spoil BEFORE UPDATE ON builds FOR EACH ROW WHEN (NEW.state = 'passed') EXECUTE FUNCTION spoil()`,
    );
    try {
      const result = await simulate({ mode: 'amqp', chaos: false, jobs: 8 });

      expect(result).toMatchObject({ jobs: { all: 8, right: 8 } });
      expect(result.builds.wrong).toBeGreaterThan(0);
      expect(result.findings[0]).toMatchObject({ what: 'build', kind: 'wrong', expected: 'passed', found: 'errored' });
    } finally {
      await database.query('DROP FUNCTION spoil CASCADE');
    }
  }, 60_000);

  it('notices a report that never came to Hub', async () => {
    const publish = Reflect.get<Session, 'publish'>(Session.prototype, 'publish');
    let dropped = 0;
    const spy = jest.spyOn(Session.prototype, 'publish').mockImplementation(function (this: Session, message) {
      if (message.properties.type !== 'job:test:finish' || dropped > 0) return publish.call(this, message);
      dropped = (JSON.parse(message.body.toString()) as { id: number }).id;
      return Promise.resolve('heard');
    });
    const result = await simulate({ mode: 'amqp', chaos: false, jobs: 6, patienceSeconds: 3 });
    spy.mockRestore();

    expect(result.findings).toContainEqual(
      expect.objectContaining({ what: 'job', kind: 'stuck', id: dropped, expected: 'passed', found: 'started' }),
    );
    expect(result.jobs.stuck).toBeGreaterThan(0);
  }, 60_000);

  function environment(): Record<string, string> {
    return {
      DATABASE_URL: database.url,
      RABBITMQ_URL: broker.url,
      HTTP_BASIC_AUTH: `${CREDENTIALS.user}:${CREDENTIALS.password}`,
      JWT_RSA_PRIVATE_KEY: key,
      PORT: '0',
    };
  }

  function simulate(options: Partial<SimulationOptions> & Pick<SimulationOptions, 'mode' | 'chaos'>) {
    const all: SimulationOptions = {
      workers: 8,
      jobs: 60,
      seed: SEED,
      patienceSeconds: 30,
      hubUrl,
      credentials: CREDENTIALS,
      rabbitmq: { url: broker.url, queue: 'builds' },
      tokenKey: key,
      ...options,
    };
    return new Simulation(all, new AbortController().signal).run();
  }

  /** As `npm run hub -- simulate` runs it. */
  async function commandLine(args: readonly string[]): Promise<{ code: number | null; stdout: string }> {
    const script = `require(${JSON.stringify(join(OUT, 'src/simulate'))}).addSimulateCommand(require('commander').program);
      void require('commander').program.parseAsync();`;
    const child = spawn(process.execPath, ['-e', script, 'simulate', '--hub-url', hubUrl, ...args], {
      env: { PATH: process.env.PATH, ...environment() },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout };
  }
});
