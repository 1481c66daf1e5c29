import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What telling people needs to know of its deliveries, and why somebody was not told. */
export class Telling1764000000004 implements MigrationInterface {
  readonly name = 'Telling1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    // Where a delivery goes over the network, whether a newer one of its order key makes it pointless, and since when it
    // is tried. Null and false for all that stands there already.
    await runner.query(`ALTER TABLE hub.deliveries
      ADD COLUMN destination varchar,
      ADD COLUMN latest_only boolean NOT NULL DEFAULT false,
      ADD COLUMN tried_since timestamp`);
    await runner.query(`CREATE INDEX deliveries_latest ON hub.deliveries (order_key, id) WHERE latest_only`);

    // By channel: the entries of the config that heard nothing of the event, each with the reason.
    await runner.query(`ALTER TABLE hub.events ADD COLUMN silent jsonb`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE hub.events DROP COLUMN silent`);
    await runner.query(`DROP INDEX hub.deliveries_latest`);
    await runner.query(
      `ALTER TABLE hub.deliveries DROP COLUMN destination, DROP COLUMN latest_only, DROP COLUMN tried_since`,
    );
  }
}
