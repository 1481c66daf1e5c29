import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the conversation with workers and builds leaves behind: tokens that were used, resets, instances. */
export class Conversation1764000000002 implements MigrationInterface {
  readonly name = 'Conversation1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    // A refresh token is good for one access token: its `rand` is noted when it is used.
    await runner.query(`CREATE TABLE hub.used_tokens (
      job_id  bigint NOT NULL,
      rand    varchar NOT NULL,
      used_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
      PRIMARY KEY (job_id, rand)
    )`);
    await runner.query(`CREATE INDEX used_tokens_age ON hub.used_tokens (used_at)`);

    // How often a job was reset since it was first created or last restarted, and since when: the reset limit.
    await runner.query(`CREATE TABLE hub.job_resets (
      job_id   bigint PRIMARY KEY,
      resets   integer NOT NULL,
      first_at timestamp NOT NULL,
      last_at  timestamp NOT NULL
    ) WITH (fillfactor = 70)`);

    // Which job ran on which instance, for senders that number no runs; the others stand in hub.job_runs.
    await runner.query(`CREATE TABLE hub.job_instances (
      instance_id varchar NOT NULL,
      job_id      bigint NOT NULL,
      seen_at     timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
      PRIMARY KEY (instance_id, job_id)
    )`);
    await runner.query(`CREATE INDEX job_instances_age ON hub.job_instances (seen_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['job_instances', 'job_resets', 'used_tokens']) await runner.query(`DROP TABLE hub.${table}`);
  }
}
