/**
 * Hub's own tables, all in schema `hub` (D8). Works on PostgreSQL 12 and later, needs no extension.
 *
 * The schema itself is made before the first migration, because the table of migrations stands in it.
 * Foreign keys to `public` are left out on purpose: other services delete builds and jobs, and a reference from
 * here would lock rows or fail their statements.
 */
export const HUB_SCHEMA_UP: readonly string[] = [
  // What Hub knows of a build beyond its row: the last event number, and what its next result is compared with.
  `CREATE TABLE hub.builds (
     build_id       bigint PRIMARY KEY,
     last_seq       integer NOT NULL DEFAULT 0,
     restarted_from varchar
   ) WITH (fillfactor = 70)`,
  `COMMENT ON COLUMN hub.builds.restarted_from IS 'the state this build ended in before its last restart or reset; builds.previous_state is never changed'`,

  // Which lifecycle run a job is in: 1 + restarts + resets. No row means 1.
  `CREATE TABLE hub.jobs (
     job_id bigint PRIMARY KEY,
     run    integer NOT NULL DEFAULT 1
   ) WITH (fillfactor = 70)`,

  // The worker runs seen for a job (meta.uuid), in the order they were first seen: the order guard (D6).
  `CREATE TABLE hub.job_runs (
     job_id      bigint NOT NULL,
     ordinal     integer NOT NULL,
     uuid        varchar NOT NULL,
     last_count  integer NOT NULL,
     received_at timestamp,
     instance_id varchar,
     run         integer NOT NULL,
     seen_at     timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
     PRIMARY KEY (job_id, ordinal)
   ) WITH (fillfactor = 70)`,
  `CREATE INDEX job_runs_instance ON hub.job_runs (instance_id) WHERE instance_id IS NOT NULL`,

  // Messages that carry no run and count, remembered so that a redelivery is not applied twice (an API restart, say).
  `CREATE TABLE hub.applied_messages (
     fingerprint varchar PRIMARY KEY,
     applied_at  timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')
   )`,
  `CREATE INDEX applied_messages_age ON hub.applied_messages (applied_at)`,

  // Every transition, written with it (D9). At once outbox, audit trail and timeline.
  `CREATE TABLE hub.events (
     id            bigserial PRIMARY KEY,
     build_id      bigint NOT NULL,
     seq           integer NOT NULL,
     name          varchar NOT NULL,
     job_id        bigint,
     repository_id integer,
     at            timestamp NOT NULL,
     snapshot      jsonb NOT NULL,
     planned_at    timestamp,
     UNIQUE (build_id, seq)
   )`,
  `CREATE INDEX events_unplanned ON hub.events (id) WHERE planned_at IS NULL`,
  `CREATE INDEX events_job ON hub.events (job_id, id) WHERE job_id IS NOT NULL`,

  // One row per (event, channel, config element, target), and per side effect (D10).
  `CREATE TABLE hub.deliveries (
     id              bigserial PRIMARY KEY,
     event_id        bigint,
     channel         varchar NOT NULL,
     element         integer NOT NULL DEFAULT 0,
     fingerprint     varchar NOT NULL,
     target          varchar NOT NULL,
     order_key       varchar,
     job_id          bigint,
     run             integer,
     payload         jsonb,
     state           varchar NOT NULL DEFAULT 'pending',
     attempts        integer NOT NULL DEFAULT 0,
     next_attempt_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
     leased_until    timestamp,
     last_reason     varchar,
     history         jsonb NOT NULL DEFAULT '[]',
     created_at      timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
     finished_at     timestamp
   ) WITH (fillfactor = 80)`,
  `COMMENT ON COLUMN hub.deliveries.state IS 'pending (also while leased) | delivered | failed | dropped | recorded (a side effect nobody carries out yet)'`,
  `CREATE UNIQUE INDEX deliveries_once ON hub.deliveries (event_id, channel, element, fingerprint) WHERE event_id IS NOT NULL`,
  `CREATE INDEX deliveries_due ON hub.deliveries (next_attempt_at, id) WHERE state = 'pending'`,
  `CREATE INDEX deliveries_order ON hub.deliveries (order_key, id) WHERE state = 'pending' AND order_key IS NOT NULL`,
  `CREATE INDEX deliveries_job ON hub.deliveries (job_id, id) WHERE job_id IS NOT NULL`,

  // Messages that can never be applied as they are: kept whole, listed, replayed (D5).
  `CREATE TABLE hub.parked_messages (
     id          bigserial PRIMARY KEY,
     source      varchar NOT NULL,
     type        varchar,
     reason      varchar NOT NULL,
     detail      text NOT NULL,
     subject     varchar,
     subject_id  bigint,
     body        bytea NOT NULL,
     properties  jsonb NOT NULL DEFAULT '{}',
     parked_at   timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
     attempts    integer NOT NULL DEFAULT 1,
     replayed_at timestamp
   )`,
  `CREATE INDEX parked_open ON hub.parked_messages (id) WHERE replayed_at IS NULL`,
  `CREATE INDEX parked_unknown ON hub.parked_messages (subject, subject_id) WHERE replayed_at IS NULL AND reason IN ('unknown_job', 'unknown_build')`,

  // Answers to POST /api/builds by Idempotency-Key, so that a repeat creates nothing.
  `CREATE TABLE hub.idempotency_keys (
     key        varchar NOT NULL,
     user_name  varchar NOT NULL,
     request    varchar NOT NULL,
     build_id   bigint NOT NULL,
     created_at timestamp NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
     PRIMARY KEY (user_name, key)
   )`,
];

export const HUB_SCHEMA_DOWN: readonly string[] = [
  `DROP TABLE hub.idempotency_keys`,
  `DROP TABLE hub.parked_messages`,
  `DROP TABLE hub.deliveries`,
  `DROP TABLE hub.events`,
  `DROP TABLE hub.applied_messages`,
  `DROP TABLE hub.job_runs`,
  `DROP TABLE hub.jobs`,
  `DROP TABLE hub.builds`,
];
