import type { DataSource } from 'typeorm';

import { dataSourceOptions, HubDataSource } from '../../src/database/data-source';
import { migrate } from '../../src/database/migrate';
import { ENTITIES } from '../../src/database/schema';
import { Build } from '../../src/builds/build.entity';
import { Job } from '../../src/jobs/job.entity';
import { ParkedMessage } from '../../src/intake/parked/parked-message.entity';
import { createEmptyDatabase, type EmptyDatabase } from './empty-database';

/** What is known of a column, in the words of information_schema. */
interface ColumnFacts {
  readonly type: string;
  readonly length: number | null;
  readonly nullable: boolean;
  readonly hasDefault: boolean;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  varchar: 'character varying',
  timestamp: 'timestamp without time zone',
};

describe.each([{ travis: false }, { travis: true }])(
  'the entities on a database with travis: $travis',
  ({ travis }) => {
    let database: EmptyDatabase;
    let dataSource: DataSource;

    beforeAll(async () => {
      database = await createEmptyDatabase({ travis });
      await migrate(database.config);
      dataSource = await new HubDataSource(database.config).initialize();
    });
    afterAll(async () => {
      await dataSource.destroy();
      await database.drop();
    });

    it.each(ENTITIES.map((entity) => [entity.name, entity] as const))(
      '%s declares its columns as they are',
      async (_, entity) => {
        const { schema, tableName, columns } = dataSource.getMetadata(entity);
        const actual = await actualColumns(schema ?? '', tableName);
        const declared = new Map<string, ColumnFacts>(
          columns.map((column) => {
            const type = dataSource.driver.normalizeType(column);
            return [
              column.databaseName,
              {
                type: TYPE_NAMES[type] ?? type,
                length: column.length === '' ? null : Number(column.length),
                nullable: column.isNullable,
                hasDefault: column.default !== undefined || column.isGenerated,
              },
            ];
          }),
        );
        const known = [...actual].filter(([name]) => declared.has(name));
        expect(Object.fromEntries(declared)).toEqual(Object.fromEntries(known));
      },
    );

    it('would have TypeORM add or change no column', async () => {
      // log() computes the difference and runs nothing.
      const difference = await dataSource.driver.createSchemaBuilder().log();
      const statements = difference.upQueries.map(({ query }) => query);
      expect(statements.filter((query) => /ADD COLUMN|ADD "|ALTER COLUMN|CREATE TABLE|RENAME/.test(query))).toEqual([]);
    });

    it('never synchronises', () => {
      expect(dataSourceOptions(database.config)).toMatchObject({ synchronize: false, installExtensions: false });
    });

    it('can be inserted and read back, ids as numbers and bytes as bytes', async () => {
      const { manager } = dataSource;
      const at = new Date('2021-01-10T05:36:12.345Z');
      const build = await manager.save(
        manager.create(Build, { number: '12', state: 'created', createdAt: at, updatedAt: at }),
      );
      const job = await manager.save(
        manager.create(Job, { sourceType: 'Build', sourceId: build.id, queuedAt: at, createdAt: at, updatedAt: at }),
      );
      expect(typeof build.id).toBe('number');
      expect(job.id).toBe(build.id + 1);
      expect(await manager.findOneByOrFail(Job, { id: job.id })).toMatchObject({
        id: job.id,
        sourceId: build.id,
        queuedAt: at,
        allowFailure: false,
      });
      const parked = await manager.save(
        manager.create(ParkedMessage, {
          source: 'amqp',
          reason: 'not_json',
          detail: 'x',
          body: Buffer.from([0, 255, 10]),
        }),
      );
      const read = await manager.findOneByOrFail(ParkedMessage, { id: parked.id });
      expect(read.body).toEqual(Buffer.from([0, 255, 10]));
      expect(read.properties).toEqual({});
      expect(Math.abs(read.parkedAt.getTime() - Date.now())).toBeLessThan(60_000);
    });

    async function actualColumns(schema: string, table: string): Promise<Map<string, ColumnFacts>> {
      const rows = await database.query<{ name: string } & ColumnFacts>(
        `SELECT column_name AS name, data_type AS type, character_maximum_length AS length, is_nullable = 'YES' AS nullable,
              column_default IS NOT NULL AS "hasDefault"
         FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2`,
        [schema, table],
      );
      return new Map(rows.map(({ name, ...facts }) => [name, facts]));
    }
  },
);
