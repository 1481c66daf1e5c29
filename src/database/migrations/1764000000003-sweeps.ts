import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose turn it is to sweep, and the instances of a job by the job. */
export class Sweeps1764000000003 implements MigrationInterface {
  readonly name = 'Sweeps1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    // When each sweep was last made, by whichever replica. No row means never on this database.
    await runner.query(`CREATE TABLE hub.sweeps (
      name    varchar PRIMARY KEY,
      last_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
    )`);
    await runner.query(`CREATE INDEX job_instances_job ON hub.job_instances (job_id)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX hub.job_instances_job`);
    await runner.query(`DROP TABLE hub.sweeps`);
  }
}
