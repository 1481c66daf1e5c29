import type { MigrationInterface, QueryRunner } from 'typeorm';

import { HUB_SCHEMA_DOWN, HUB_SCHEMA_UP } from './hub-schema.sql';

/** Hub's own tables, in schema `hub`: the same on every database (D8). */
export class HubSchema1764000000001 implements MigrationInterface {
  readonly name = 'HubSchema1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of HUB_SCHEMA_UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of HUB_SCHEMA_DOWN) await runner.query(statement);
  }
}
