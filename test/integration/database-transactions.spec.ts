import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';

import { dataSourceOptions, HubDataSource } from '../../src/database/data-source';
import { classifyFailure } from '../../src/database/errors';
import { migrate } from '../../src/database/migrate';
import { Statements } from '../../src/database/statements';
import { Transactions, type Tx } from '../../src/database/transaction';
import { QueueableJob } from '../../src/jobs/queueable-job.entity';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { TcpProxy } from '../support/tcp-proxy';
import { createRole } from '../support/roles';
import { onServer } from '../support/template-database';
import { createEmptyDatabase } from './empty-database';

const INSERT = 'INSERT INTO public.queueable_jobs (job_id) VALUES ($1)';
const KILL_OTHERS = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name = 'hub'`;

describe('Transactions', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let transactions: Transactions;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await new HubDataSource({ url: database.url, pool: 2 }).initialize();
    transactions = new Transactions(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(() => database.query('TRUNCATE public.queueable_jobs'));

  const stored = async () =>
    (await database.query<{ job_id: number }>('SELECT job_id FROM public.queueable_jobs ORDER BY 1')).map(
      ({ job_id }) => job_id,
    );

  it('commit what succeeded, and give back its result', async () => {
    expect(
      await transactions.run(async (tx) => {
        await tx.query(INSERT, [1]);
        expect(await stored()).toEqual([]);
        return 'done';
      }),
    ).toBe('done');
    expect(await stored()).toEqual([1]);
  });

  it('roll back what threw, whatever it was', async () => {
    const failing = transactions.run(async (tx) => {
      await tx.query(INSERT, [1]);
      throw new Error('a subscriber failed');
    });
    await expect(failing).rejects.toThrow('a subscriber failed');
    expect(await stored()).toEqual([]);
  });

  it('do not report success when a statement failed and its error was swallowed', async () => {
    const careless = transactions.run(async (tx) => {
      await tx.query(INSERT, [1]);
      await tx.query('SELEKT').catch(() => undefined);
    });
    await expect(careless).rejects.toThrow(/Nothing was committed.*swallowed/);
    expect(await stored()).toEqual([]);
  });

  it('refuse statements that come too late, so that none lands in a stranger’s transaction', async () => {
    const kept: Tx[] = [];
    await transactions.run((tx) => Promise.resolve(kept.push(tx)));
    await expect(kept[0]?.query(INSERT, [1])).rejects.toThrow(/This transaction is over/);
    expect(await stored()).toEqual([]);
  });

  it('set their limits for themselves only', async () => {
    const settings = `SELECT current_setting('timezone') AS zone, current_setting('search_path') AS path,
                             current_setting('lock_timeout') AS lock, current_setting('statement_timeout') AS statement,
                             current_setting('idle_in_transaction_session_timeout') AS idle`;
    const usual = [{ zone: 'UTC', path: 'public', lock: '5s', statement: '10s', idle: '15s' }];
    expect(await transactions.run((tx) => tx.query(settings))).toEqual(usual);
    const limits = { lockTimeoutMs: 1_234, statementTimeoutMs: 5_000, idleTimeoutMs: 15_000 };
    expect(await transactions.run((tx) => tx.query(settings), limits)).toEqual([
      { zone: 'UTC', path: 'public', lock: '1234ms', statement: '5s', idle: '15s' },
    ]);
    expect(await transactions.run((tx) => tx.query(settings))).toEqual(usual);
    expect(await transactions.single(settings)).toEqual([{ ...usual[0], lock: '1s' }]);
  });

  it('of a single statement are committed whole or not at all, and leave the connection as it was', async () => {
    const two = `WITH one AS (INSERT INTO public.queueable_jobs (job_id) VALUES (1))
                 INSERT INTO public.queueable_jobs (job_id) SELECT 1 / $1::integer`;
    await expect(transactions.single(two, [0])).rejects.toThrow('division by zero');
    expect(await stored()).toEqual([]);
    await transactions.single(two, [1]);
    expect(await stored()).toEqual([1, 1]);
  });

  it('keep two that run at once apart, and wait when the pool is used up', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => transactions.run((tx) => tx.query(INSERT, [i]))));
    expect(await stored()).toHaveLength(20);
  });

  describe('when connections break', () => {
    it('go on after all idle ones were terminated', async () => {
      await Promise.all([1, 2].map((job) => transactions.run((tx) => tx.query(INSERT, [job]))));
      await database.query(KILL_OTHERS);
      await eventually(() => transactions.run((tx) => tx.query(INSERT, [3])));
      expect(await stored()).toEqual([1, 2, 3]);
    });

    it('fail as transient when theirs is terminated between two statements, and go on', async () => {
      const broken = transactions.run(async (tx) => {
        await tx.query(INSERT, [1]);
        await database.query(KILL_OTHERS);
        // The pool hears of it by itself, without anybody asking.
        await eventually(() => expect(openConnections()).toBe(0));
        await tx.query(INSERT, [2]);
      });
      expect(classifyFailure(await failureOf(broken))).toBe('transient');
      await transactions.run((tx) => tx.query(INSERT, [3]));
      expect(await stored()).toEqual([3]);
    });

    it('fail as transient when theirs is terminated within a statement, and go on', async () => {
      const broken = transactions.run(async (tx) => {
        const sleeping = tx.query('SELECT pg_sleep(20)');
        await Promise.all([
          sleeping,
          eventually(async () => {
            const asleep = await database.query(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'
                                                    AND datname = current_database()`);
            expect(asleep).toHaveLength(1);
          }).then(() => database.query(KILL_OTHERS)),
        ]);
      });
      expect(classifyFailure(await failureOf(broken))).toBe('transient');
      await transactions.run((tx) => tx.query(INSERT, [3]));
      expect(await stored()).toEqual([3]);
    });

    it('never use a connection again that did not answer in time', async () => {
      const line = await TcpProxy.start(database.url);
      const options = dataSourceOptions({ url: line.url, pool: 1 });
      // As in production, but with less patience.
      const impatient = new DataSource({ ...options, extra: { ...(options.extra as object), query_timeout: 100 } });
      await impatient.initialize();
      const throughLine = new Transactions(impatient);
      const pid = async () =>
        (await throughLine.run((tx) => tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')))[0]?.pid;
      const before = await pid();
      const broken = throughLine.run(async (tx) => {
        await tx.query(INSERT, [1]);
        line.hang();
        await tx.query(INSERT, [2]);
      });
      expect(classifyFailure(await failureOf(broken))).toBe('transient');
      line.restore();
      expect(await eventually(pid)).not.toBe(before);
      await impatient.destroy();
      await line.close();
      expect(await stored()).toEqual([]);
    });

    it('and single statements do not either', async () => {
      const line = await TcpProxy.start(database.url);
      const options = dataSourceOptions({ url: line.url, pool: 1 });
      const impatient = new DataSource({ ...options, extra: { ...(options.extra as object), query_timeout: 100 } });
      await impatient.initialize();
      const statements = new Statements(new Transactions(impatient));
      const pid = async () => (await statements.run<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]?.pid;
      const before = await pid();
      await expect(statements.run('SELEKT')).rejects.toThrow(/syntax error/);
      expect(await pid()).toBe(before);
      line.hang();
      expect(classifyFailure(await failureOf(pid()))).toBe('transient');
      line.restore();
      expect(await eventually(pid)).not.toBe(before);
      await impatient.destroy();
      await line.close();
    });

    /** What the pool of the data source holds. */
    const openConnections = () =>
      (dataSource.driver as unknown as { master: { totalCount: number } }).master.totalCount;
  });
});

describe('a database role named like schema hub', () => {
  // "$user" comes first in the default search path, and hub.jobs and hub.builds hide the tables of public.
  it('means the CI tables all the same', async () => {
    const database = await createEmptyDatabase();
    const role = `hub_${randomBytes(4).toString('hex')}`;
    await createRole(role);
    await onServer((server) => server.query(`ALTER ROLE ${role} SUPERUSER`));
    await onServer((server) => server.query(`ALTER ROLE ${role} SET search_path = hub, public`));
    try {
      await migrate(database.as(role));
      const dataSource = await new HubDataSource(database.as(role)).initialize();
      await new Transactions(dataSource).run(async (tx) => {
        await tx.query('INSERT INTO jobs (source_id, created_at, updated_at) VALUES (7, now(), now())');
        await tx.query('INSERT INTO queueable_jobs (job_id) VALUES (7)');
      });
      expect(await database.query('SELECT source_id FROM public.jobs')).toEqual([{ source_id: 7 }]);
      expect(await dataSource.manager.countBy(QueueableJob, { jobId: 7 })).toBe(1);
      await dataSource.destroy();
    } finally {
      await database.drop();
      await onServer((server) => server.query(`DROP ROLE ${role}`));
    }
  });
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const [result] = await Promise.allSettled([work]);
  return result.status === 'rejected' ? (result.reason as unknown) : new Error('was expected to fail, and did not');
}
