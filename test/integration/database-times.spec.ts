import { runInThisContext } from 'node:vm';

import { LessThan } from 'typeorm';

import { HubDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { timestampText } from '../../src/database/time';
import { Transactions } from '../../src/database/transaction';
import { Job } from '../../src/jobs/job.entity';
import { onServer } from '../support/template-database';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

/** Jest gives specs a copy of process.env, but Node changes zone only when the real one is written. */
const realEnvironment = runInThisContext('process.env') as NodeJS.ProcessEnv;

describe('times, with the process in New York and the server in Tokyo', () => {
  const before = realEnvironment.TZ;
  let database: EmptyDatabase;
  let dataSource: HubDataSource;

  beforeAll(async () => {
    realEnvironment.TZ = 'America/New_York';
    database = await createEmptyDatabase();
    await onServer((server) => server.query(`ALTER DATABASE ${database.name} SET timezone = 'Asia/Tokyo'`));
    await migrate(database.config);
    dataSource = await new HubDataSource(database.config).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
    if (before === undefined) delete realEnvironment.TZ;
    else realEnvironment.TZ = before;
  });

  it('really runs in these zones', async () => {
    expect(new Date('2021-01-10T12:00:00Z').getHours()).toBe(7);
    expect(await dataSource.query('SHOW timezone')).toEqual([{ TimeZone: 'Asia/Tokyo' }]);
  });

  it.each([
    ['a winter day', '2021-01-10T05:36:12.345Z', '2021-01-10 05:36:12.345'],
    ['the hour that New York skips', '2021-03-14T02:30:00.000Z', '2021-03-14 02:30:00'],
    ['the hour that New York has twice', '2021-11-07T01:30:00.000Z', '2021-11-07 01:30:00'],
    ['the last moment of a year', '2021-12-31T23:59:59.999Z', '2021-12-31 23:59:59.999'],
  ])('an entity writes and reads %s as UTC', async (_, iso, stored) => {
    const time = new Date(iso);
    const { id } = await dataSource.manager.save(
      dataSource.manager.create(Job, { startedAt: time, createdAt: time, updatedAt: time }),
    );
    expect(await raw(id, 'started_at')).toBe(stored);
    expect((await dataSource.manager.findOneByOrFail(Job, { id })).startedAt).toEqual(time);
    const later = new Date(time.getTime() + 1);
    expect(await dataSource.manager.existsBy(Job, { id, startedAt: LessThan(later) })).toBe(true);
    expect(await dataSource.manager.existsBy(Job, { id, startedAt: LessThan(time) })).toBe(false);
  });

  it('a transaction writes and reads UTC, also where a trigger or the server says what time it is', async () => {
    const time = new Date('2021-03-14T02:30:00.123Z');
    const [row] = await new Transactions(dataSource).run((tx) =>
      tx.query<{ id: number; started_at: Date; updated_at: Date; age: number }>(
        `INSERT INTO public.jobs (started_at, created_at, updated_at) VALUES ($1::timestamp, now(), now())
         RETURNING id, started_at, updated_at, extract(epoch FROM now()::timestamp - updated_at)::integer AS age`,
        [timestampText(time)],
      ),
    );
    expect(row?.started_at).toEqual(time);
    expect(row?.age).toBe(0);
    expect(Math.abs((row?.updated_at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    expect(await raw(row?.id ?? 0, 'started_at')).toBe('2021-03-14 02:30:00.123');
  });

  it('a column that the server fills holds UTC', async () => {
    await dataSource.query(`INSERT INTO hub.applied_messages (fingerprint) VALUES ('x')`);
    const [row] = await dataSource.query<{ applied_at: Date }[]>('SELECT applied_at FROM hub.applied_messages');
    expect(Math.abs((row?.applied_at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it('reads arrays, nulls and whole numbers of both sizes', async () => {
    const [row] = await dataSource.query<unknown[]>(
      `SELECT ARRAY['2021-03-14 02:30:00'::timestamp, NULL] AS times, ARRAY[1::bigint, NULL] AS ids, NULL::timestamp AS never,
              9007199254740991::bigint AS safe, 9007199254740993::bigint AS unsafe, 1.10::numeric AS exact, count(*) AS count`,
    );
    expect(row).toEqual({
      times: [new Date('2021-03-14T02:30:00Z'), null],
      ids: [1, null],
      never: null,
      safe: Number.MAX_SAFE_INTEGER,
      unsafe: '9007199254740993',
      exact: '1.10',
      count: 1,
    });
  });

  /** What stands in the row, past every parser. */
  async function raw(id: number, column: string): Promise<string | undefined> {
    const [row] = await database.query<{ text: string }>(
      `SELECT ${column}::text AS text FROM public.jobs WHERE id = $1`,
      [id],
    );
    return row?.text;
  }
});
