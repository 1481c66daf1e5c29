import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MIGRATIONS } from '../../src/database/schema';
import { compileHub, OUT } from '../support/hub-process';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

const TYPEORM = join(__dirname, '../../node_modules/typeorm/cli.js');
const COMPILE_MS = 120_000;

interface Ended {
  readonly code: number;
  readonly output: string;
}

describe('the migration commands', () => {
  let database: EmptyDatabase;

  beforeAll(compileHub, COMPILE_MS);
  beforeEach(async () => (database = await createEmptyDatabase()));
  afterEach(() => database.drop());

  type Variables = Record<string, string>;

  async function node(args: readonly string[], environment: Variables): Promise<Ended> {
    return promisify(execFile)(process.execPath, args, {
      env: { PATH: process.env.PATH, NO_COLOR: '1', ...environment },
    }).then(
      ({ stdout, stderr }): Ended => ({ code: 0, output: stdout + stderr }),
      (error: unknown): Ended => {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, output: stdout + stderr };
      },
    );
  }

  /** The commands of TypeORM, on the one data source. */
  const typeorm = (command: string, environment: Variables = { DATABASE_URL: database.config.url }) =>
    node([TYPEORM, command, '-d', join(OUT, 'ormconfig.js')], environment);

  /** What `npm run migrate` runs. */
  const migrate = (environment: Variables = { DATABASE_URL: database.config.url }) =>
    node([join(OUT, 'src/database/migrate-cli.js')], environment);

  it('run, show and revert work on a database that has not even the schema, with nothing set but its URL', async () => {
    expect(await typeorm('migration:run')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Migrated.') as string,
    });
    const shown = await typeorm('migration:show');
    for (const { name } of MIGRATIONS) expect(shown.output).toContain(`[X] ${name}`);
    expect((await typeorm('migration:run')).output).toContain('Nothing to migrate.');
    for (const _ of MIGRATIONS.slice(1)) expect(await typeorm('migration:revert')).toMatchObject({ code: 0 });
    expect((await typeorm('migration:show')).output).toContain(`[ ] ${MIGRATIONS.at(-1)?.name}`);
    expect(await database.query(`SELECT to_regclass('hub.events') AS events`)).toEqual([{ events: null }]);
  });

  it('show works before anything ran', async () => {
    const shown = await typeorm('migration:show');
    expect(shown).toMatchObject({ code: 0, output: expect.stringContaining(`[ ] ${MIGRATIONS[0].name}`) as string });
  });

  it('npm run migrate says what ran, and on the next time that there is nothing to do', async () => {
    const names = MIGRATIONS.map(({ name }) => name).join(', ');
    expect(await migrate()).toEqual({ code: 0, output: `Migrated: ${names}.\n` });
    expect(await migrate()).toEqual({ code: 0, output: 'Nothing to migrate.\n' });
  });

  it('npm run migrate says in one sentence what to do when no database is named', async () => {
    const { code, output } = await migrate({});
    expect(code).toBe(1);
    expect(output).toContain('DATABASE_URL is not set');
    expect(output).not.toContain('at ');
  });

  it('npm run migrate says what to do when the database is not one that Hub may migrate', async () => {
    await database.query('CREATE TABLE public.builds (id integer)');
    const { code, output } = await migrate();
    expect(code).toBe(1);
    expect(output).toContain('Point DATABASE_URL at an empty database');
  });
});
