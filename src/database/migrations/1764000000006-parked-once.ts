import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A parked message is recognised when it comes again: whoever parked it may have died before it was acknowledged. */
export class ParkedOnce1764000000006 implements MigrationInterface {
  readonly name = 'ParkedOnce1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE hub.parked_messages ADD COLUMN fingerprint varchar`);
    await runner.query(
      `CREATE INDEX parked_fingerprint ON hub.parked_messages (fingerprint) WHERE fingerprint IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX hub.parked_fingerprint`);
    await runner.query(`ALTER TABLE hub.parked_messages DROP COLUMN fingerprint`);
  }
}
