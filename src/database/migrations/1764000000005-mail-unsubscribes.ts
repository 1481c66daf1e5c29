import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who wants no mail, for addresses that belong to no member of the repository. */
export class MailUnsubscribes1764000000005 implements MigrationInterface {
  readonly name = 'MailUnsubscribes1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    // The address itself is not kept: it may be secret, and it is not needed to recognise it.
    await runner.query(`CREATE TABLE hub.mail_unsubscribes (
      repository_id integer NOT NULL,
      address_hash  varchar NOT NULL,
      created_at    timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
      PRIMARY KEY (repository_id, address_hash)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE hub.mail_unsubscribes`);
  }
}
