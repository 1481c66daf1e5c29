import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What is tried again is claimed ahead of all that was never tried, and has to be found among it. */
export class RetriesFirst1764000000007 implements MigrationInterface {
  readonly name = 'RetriesFirst1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE INDEX deliveries_again ON hub.deliveries (next_attempt_at, id) WHERE state = 'pending' AND attempts > 0`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX hub.deliveries_again`);
  }
}
