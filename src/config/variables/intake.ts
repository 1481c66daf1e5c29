import * as kinds from '../kinds';
import { nullable, optional, required } from '../variable';

/** Where commands come from and how they are applied: database, broker, order. */
export const INTAKE = {
  databaseUrl: required({
    name: 'DATABASE_URL',
    aliases: ['TRAVIS_DATABASE_URL'],
    kind: kinds.url('postgres', 'postgresql'),
    help: 'The PostgreSQL database (12 or later). Behind PgBouncer it may run in transaction mode.',
    example: 'postgres://hub:password@db.example.org:5432/hub',
  }),
  databasePool: optional(
    {
      name: 'DATABASE_POOL_SIZE',
      aliases: ['TRAVIS_DATABASE_POOL_SIZE', 'TRAVIS_DB_POOL', 'DB_POOL'],
      kind: kinds.wholeNumber(2, 500, 'connections'),
      help: 'Most database connections of one replica. Pool size times replicas must fit into max_connections.',
      example: '10',
    },
    10,
  ),
  migrate: optional(
    {
      name: 'HUB_MIGRATE',
      kind: kinds.truth,
      help: 'Migrate the database at boot. When off, Hub waits until `npm run migrate` was run.',
      example: 'true',
    },
    true,
  ),
  rabbitmqUrl: nullable({
    name: 'RABBITMQ_URL',
    aliases: ['TRAVIS_RABBITMQ_URL', 'CLOUDAMQP_URL'],
    kind: kinds.url('amqp', 'amqps'),
    help: 'The broker that workers report to. Without it Hub takes no messages and only answers its API.',
    example: 'amqp://hub:password@rabbitmq.example.org:5672/travis',
  }),
  queue: optional(
    {
      name: 'QUEUE',
      aliases: ['TRAVIS_QUEUE'],
      kind: kinds.text.regex(/^[A-Za-z0-9_.-]+$/, 'must be a queue name without its prefix, e.g. builds'),
      help: 'The queue to consume, without its prefix `reporting.jobs.`.',
      example: 'builds',
    },
    'builds',
  ),
  queueArguments: optional(
    {
      name: 'HUB_QUEUE_ARGUMENTS',
      kind: kinds.jsonObject,
      help: 'Arguments to declare the queue with, as JSON. Workers declare it without any: prefer broker policies.',
      example: '{}',
    },
    {},
  ),
  prefetch: optional(
    {
      name: 'HUB_PREFETCH',
      kind: kinds.wholeNumber(1, 65_535, 'messages'),
      help: 'Messages held unacknowledged at once. At least twice the batch size, or batches stay small.',
      example: '500',
    },
    500,
  ),
  batchSize: optional(
    {
      name: 'HUB_BATCH_SIZE',
      kind: kinds.wholeNumber(1, 10_000, 'messages'),
      help: 'Most messages applied in one transaction.',
      example: '200',
    },
    200,
  ),
  orderGuard: optional(
    {
      name: 'HUB_ORDER_GUARD',
      kind: kinds.truth,
      help: 'Drop messages that a later one of the same worker run has overtaken.',
      example: 'true',
    },
    true,
  ),
  cancellationDisabled: optional(
    {
      name: 'CANCELLATION_DISABLED',
      kind: kinds.truth,
      help: 'Refuse every cancellation, for example while workers are being moved.',
      example: 'false',
    },
    false,
  ),
} as const;
