import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type Repository } from 'typeorm';
import { ConfigModule, loadConfig } from '../../src/config';
import { DatabaseModule, DatabaseNeverReadyError, DatabaseState, migrate, Transactions } from '../../src/database';
import { Job } from '../../src/jobs/job.entity';
import { eventually } from '../support';
import { TcpProxy } from '../support/tcp-proxy';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

async function boot(url: string, environment: Record<string, string> = {}): Promise<INestApplicationContext> {
  const config = loadConfig({ DATABASE_URL: url, HTTP_BASIC_AUTH: 'hub:pw', ...environment });
  const module = await Test.createTestingModule({
    imports: [ConfigModule.forRoot(config), DatabaseModule, TypeOrmModule.forFeature([Job])],
  }).compile();
  return module.init();
}

describe('DatabaseModule', () => {
  let app: INestApplicationContext | undefined;
  let database: EmptyDatabase;
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await database.drop();
  });

  it('connects, migrates and gives repositories, transactions and its state', async () => {
    database = await createEmptyDatabase();
    app = await boot(database.config.url);
    const state = app.get(DatabaseState);
    await state.waitUntilReady();
    expect(state).toMatchObject({ ready: true, migrated: true, travis: false, problem: null });
    expect(await app.get<Repository<Job>>(getRepositoryToken(Job)).count()).toBe(0);
    expect(await app.get(Transactions).run((tx) => tx.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });

  it('knows an existing Travis database', async () => {
    database = await createEmptyDatabase({ travis: true });
    app = await boot(database.config.url);
    await app.get(DatabaseState).waitUntilReady();
    expect(app.get(DatabaseState).travis).toBe(true);
  });

  it('is not ready on a Travis database that lacks what Hub needs, says so, and is once it has it', async () => {
    database = await createEmptyDatabase({ travis: true });
    await database.query('ALTER TABLE public.jobs DROP COLUMN vm_size, DROP COLUMN restarted_by');
    app = await boot(database.config.url);
    const state = app.get(DatabaseState);
    await eventually(() =>
      expect(state.problem).toMatch(
        /lacks columns that Hub needs: jobs.restarted_by, jobs.vm_size\. Run the migrations/,
      ),
    );
    expect(state.ready).toBe(false);
    await database.query('ALTER TABLE public.jobs ADD COLUMN vm_size varchar, ADD COLUMN restarted_by integer');
    await state.waitUntilReady();
    expect(state.problem).toBeNull();
  });

  it('boots while the database is away, and becomes ready when it is back', async () => {
    database = await createEmptyDatabase();
    const line = await TcpProxy.start(database.config.url);
    line.cut();
    app = await boot(line.url);
    const state = app.get(DatabaseState);
    await eventually(() => expect(state.problem).toMatch(/ECONNRESET|terminated/));
    line.restore();
    await state.waitUntilReady();
    await app.close();
    await line.close();
  });

  it('waits for somebody else to migrate when HUB_MIGRATE is off', async () => {
    database = await createEmptyDatabase();
    app = await boot(database.config.url, { HUB_MIGRATE: 'off' });
    const state = app.get(DatabaseState);
    await eventually(() => expect(state.problem).toMatch(/HUB_MIGRATE is off.*npm run migrate/));
    expect(await database.query(`SELECT to_regnamespace('hub') AS hub`)).toEqual([{ hub: null }]);
    await migrate(database.config);
    await state.waitUntilReady();
    expect(state.migrated).toBe(true);
  });

  it('stops although the database never came, and tells whoever waits', async () => {
    database = await createEmptyDatabase();
    app = await boot('postgres://hub:secret@127.0.0.1:1/hub');
    const waiting = app.get(DatabaseState).waitUntilReady();
    await app.close();
    await expect(waiting).rejects.toThrow(DatabaseNeverReadyError);
  });

  it('closes its connections when it stops', async () => {
    database = await createEmptyDatabase();
    app = await boot(database.config.url);
    await app.get(DatabaseState).waitUntilReady();
    const dataSource = app.get(DataSource);
    await app.close();
    expect(dataSource.isInitialized).toBe(false);
    const open = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'hub%'`;
    await eventually(async () => expect(await database.query(open)).toEqual([]));
  });
});
