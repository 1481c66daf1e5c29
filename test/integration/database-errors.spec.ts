import { Client, Pool, type DatabaseError } from 'pg';

import { HubDataSource } from '../../src/database/data-source';
import { classifyFailure, describeFailure, type Failure } from '../../src/database/errors';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { TcpProxy } from '../support/tcp-proxy';

/** Runs one statement, in one way or another. */
type Run = (sql: string) => Promise<unknown>;

/** Two sessions of their own that see errors the same way, and may be killed. */
interface Sessions {
  readonly first: Run;
  readonly second: Run;
  readonly close: () => Promise<void>;
}

const lockRow = (job: number) => `SELECT FROM public.queueable_jobs WHERE job_id = ${job} FOR UPDATE`;

const WAYS: readonly [string, (url: string) => Promise<Sessions>][] = [
  ['a raw client', rawClients],
  ['a query runner of TypeORM', queryRunners],
];

describe.each(WAYS)('an error that %s sees', (_, open) => {
  let database: TestDatabase;
  let sessions: Sessions;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.query('INSERT INTO public.queueable_jobs (job_id) VALUES (1), (2)');
    await database.query(`CREATE UNIQUE INDEX once ON public.queueable_jobs (job_id)`);
  });
  afterAll(() => database.drop());
  beforeEach(async () => (sessions = await open(database.url)));
  afterEach(() => sessions.close());

  it('of a deadlock is transient', async () => {
    const { first, second } = sessions;
    await first(`BEGIN; SET LOCAL deadlock_timeout = '10ms'`);
    await second(`BEGIN; SET LOCAL deadlock_timeout = '10ms'`);
    await first(lockRow(1));
    await second(lockRow(2));
    const both = await Promise.allSettled([first(lockRow(2)), second(lockRow(1))]);
    expectFailure(
      both.find(({ status }) => status === 'rejected'),
      'transient',
      '40P01',
    );
  });

  it('of a serialization failure is transient', async () => {
    const { first, second } = sessions;
    for (const run of [first, second]) {
      await run('BEGIN ISOLATION LEVEL REPEATABLE READ');
      await run('SELECT count(*) FROM public.queueable_jobs');
    }
    await first('UPDATE public.queueable_jobs SET job_id = job_id WHERE job_id = 1');
    await first('COMMIT');
    expectFailure(
      await outcome(second('UPDATE public.queueable_jobs SET job_id = job_id WHERE job_id = 1')),
      'transient',
      '40001',
    );
  });

  it('of a lock that somebody holds for too long is "locked"', async () => {
    const { first, second } = sessions;
    await first('BEGIN');
    await first(lockRow(1));
    await second(`BEGIN; SET LOCAL lock_timeout = '20ms'`);
    expectFailure(await outcome(second(lockRow(1))), 'locked', '55P03');
  });

  it('of a statement that takes too long is transient', async () => {
    await sessions.first(`BEGIN; SET LOCAL statement_timeout = '20ms'`);
    expectFailure(await outcome(sessions.first('SELECT pg_sleep(5)')), 'transient', '57014');
  });

  it('of a transaction that idled for too long is transient', async () => {
    const pid = await pidOf(sessions.first);
    await sessions.first(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '20ms'`);
    await gone(pid);
    expectFailure(await outcome(sessions.first('SELECT 1')), 'transient');
  });

  it('of a backend terminated while it works is transient', async () => {
    const pid = await pidOf(sessions.first);
    const sleeping = outcome(sessions.first('SELECT pg_sleep(20)'));
    await eventually(async () => expect(await activity(pid)).toEqual([{ state: 'active', waiting: 'PgSleep' }]));
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    expectFailure(await sleeping, 'transient', '57P01');
  });

  it('of a backend terminated while nothing ran is transient', async () => {
    const pid = await pidOf(sessions.first);
    await database.query('SELECT pg_terminate_backend($1)', [pid]);
    await gone(pid);
    expectFailure(await outcome(sessions.first('SELECT 1')), 'transient');
  });

  it('of a statement that is wrong is permanent', async () => {
    expectFailure(await outcome(sessions.first('SELEKT 1')), 'permanent', '42601');
  });

  it('of a second row where one is allowed is permanent', async () => {
    const insert = sessions.first('INSERT INTO public.queueable_jobs (job_id) VALUES (1)');
    expectFailure(await outcome(insert), 'permanent', '23505');
  });

  it('of a value that does not fit is permanent', async () => {
    const insert = sessions.first('INSERT INTO public.queueable_jobs (job_id) VALUES (99999999999)');
    expectFailure(await outcome(insert), 'permanent', '22003');
  });

  it('that quotes data is not mistaken for an outage', async () => {
    expectFailure(
      await outcome(sessions.first(`SELECT 'ECONNREFUSED timeout exceeded'::integer`)),
      'permanent',
      '22P02',
    );
  });

  const pidOf = async (run: Run) => ((await run('SELECT pg_backend_pid() AS pid')) as [{ pid: number }])[0].pid;
  const activity = (pid: number) =>
    database.query('SELECT state, wait_event AS waiting FROM pg_stat_activity WHERE pid = $1', [pid]);
  const gone = (pid: number) => eventually(async () => expect(await activity(pid)).toEqual([]));
});

describe('a database that cannot be reached', () => {
  it.each([
    ['refuses connections', 'postgres://hub:secret@127.0.0.1:1/hub', 'ECONNREFUSED'],
    ['refuses connections on every address of its name', 'postgres://hub:secret@localhost:1/hub', 'ECONNREFUSED'],
    ['has a name that nobody knows', 'postgres://hub:secret@nowhere.invalid:5432/hub', 'nowhere.invalid'],
  ])('is transient when it %s, and is described without secrets', async (_, url, word) => {
    const error = await failureOf(new HubDataSource({ url, pool: 2 }).initialize());
    expect(classifyFailure(error)).toBe('transient');
    expect(describeFailure(error)).toContain(word);
    expect(describeFailure(error)).not.toContain('secret');
  });

  it('is transient when it accepts connections and says nothing', async () => {
    const database = await createTestDatabase();
    const line = await TcpProxy.start(database.url);
    line.hang();
    const pool = new Pool({ connectionString: line.url, connectionTimeoutMillis: 50 });
    expect(classifyFailure(await failureOf(pool.query('SELECT 1')))).toBe('transient');
    line.restore();
    await pool.end();
    await line.close();
    await database.drop();
  });

  it('is transient when all connections of the pool are taken', async () => {
    const database = await createTestDatabase();
    const pool = new Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: 2_000 });
    const client = await pool.connect();
    expect(classifyFailure(await failureOf(pool.query('SELECT 1')))).toBe('transient');
    client.release();
    await pool.end();
    await database.drop();
  });

  it('is transient when the server takes no more connections', () => {
    expect(classifyFailure(Object.assign(new Error('sorry, too many clients already'), { code: '53300' }))).toBe(
      'transient',
    );
  });
});

describe('other errors', () => {
  it.each([
    new TypeError("Cannot read properties of undefined (reading 'id')"),
    new Error(''),
    'thrown text',
    undefined,
  ])('%p is permanent', (error) => expect(classifyFailure(error)).toBe('permanent'));

  it('are described even without a message', () => {
    expect(describeFailure(new AggregateError([new Error('a'), new Error('b'), new Error('a')], ''))).toBe('a; b');
    expect(describeFailure(Object.assign(new Error(''), { code: 'EPIPE' }))).toBe('EPIPE');
    expect(describeFailure(new Error(''))).toBe('unknown error');
  });
});

function expectFailure(result: PromiseSettledResult<unknown> | undefined, expected: Failure, code?: string): void {
  if (result?.status !== 'rejected') throw new Error('The statement was expected to fail, and did not.');
  const error = result.reason as { code?: string; driverError?: DatabaseError };
  expect(classifyFailure(error)).toBe(expected);
  if (code !== undefined) expect((error.driverError ?? error).code).toBe(code);
}

async function outcome(work: Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([work]);
  return result;
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const result = await outcome(work);
  return result.status === 'rejected' ? (result.reason as unknown) : new Error('was expected to fail, and did not');
}

async function rawClients(url: string): Promise<Sessions> {
  const clients = [new Client({ connectionString: url }), new Client({ connectionString: url })] as const;
  for (const client of clients) {
    client.on('error', () => undefined);
    await client.connect();
  }
  const run =
    (client: Client): Run =>
    async (sql) =>
      (await client.query(sql)).rows;
  return {
    first: run(clients[0]),
    second: run(clients[1]),
    close: async () => {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}

async function queryRunners(url: string): Promise<Sessions> {
  const dataSource = await new HubDataSource({ url, pool: 2 }).initialize();
  const [first, second] = [dataSource.createQueryRunner(), dataSource.createQueryRunner()];
  return {
    first: (sql) => first.query(sql),
    second: (sql) => second.query(sql),
    close: async () => {
      for (const runner of [first, second])
        if (!runner.isReleased) await runner.query('ROLLBACK').catch(() => undefined);
      await dataSource.destroy();
    },
  };
}
