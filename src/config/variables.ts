import { CHANNEL_MODES, LOG_FORMATS, LOG_LEVELS, type ChannelMode } from './config';
import * as kinds from './kinds';
import { nullable, optional, required } from './variable';

/** What channels do unless HUB_CHANNELS says otherwise, on a database of Hub's own. Channels not named here are off. */
export const DEFAULT_CHANNELS: Readonly<Record<string, ChannelMode>> = { webhook: 'deliver', log: 'off' };

/** Every variable Hub reads. There is no other place that reads the environment. */
export const VARIABLES = {
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
  port: optional(
    {
      name: 'PORT',
      kind: kinds.wholeNumber(0, 65_535),
      help: 'Where HTTP listens: API, probes and metrics. 0 takes any free port.',
      example: '3000',
    },
    3_000,
  ),
  basicAuth: required({
    name: 'HTTP_BASIC_AUTH',
    aliases: ['TRAVIS_HTTP_BASIC_AUTH'],
    kind: kinds.credentials,
    help: 'Who may use the API: user:password pairs, separated by commas. Passwords hold no comma.',
    example: 'hub:a-long-random-password',
  }),
  bodyLimit: optional(
    {
      name: 'HUB_HTTP_BODY_LIMIT',
      kind: kinds.wholeNumber(1_024, 100_000_000, 'bytes'),
      help: 'Largest body of a request, in bytes.',
      example: '5000000',
    },
    5_000_000,
  ),
  trustProxy: optional(
    {
      name: 'HUB_TRUST_PROXY',
      kind: kinds.wholeNumber(0, 10, 'proxies'),
      help: 'How many proxies stand before Hub: so many last entries of X-Forwarded-For are believed when wrong passwords are counted by address.',
      example: '1',
    },
    0,
  ),
  metricsAuth: optional(
    {
      name: 'HUB_METRICS_AUTH',
      kind: kinds.oneOf(['open', 'basic']),
      help: 'Whether /metrics asks for the credentials of HTTP_BASIC_AUTH: open or basic. It names no repository or job.',
      example: 'open',
    },
    'open',
  ),
  graceSeconds: optional(
    {
      name: 'HUB_GRACE_SECONDS',
      kind: kinds.wholeNumber(1, 600, 'seconds'),
      help: 'How long a stop waits for work in hand. Keep it well below what the platform grants (Kubernetes: 45 here).',
      example: '20',
    },
    20,
  ),
  logLevel: optional(
    {
      name: 'LOG_LEVEL',
      aliases: ['TRAVIS_LOG_LEVEL'],
      kind: kinds.oneOf(LOG_LEVELS),
      help: `How much is logged: ${LOG_LEVELS.join(', ')}. At debug every applied message has a line.`,
      example: 'info',
    },
    'info',
  ),
  logFormat: optional(
    {
      name: 'HUB_LOG_FORMAT',
      kind: kinds.oneOf(LOG_FORMATS),
      help: 'json for machines, pretty for people: one readable line each.',
      example: 'json',
    },
    'json',
  ),
  webUrl: nullable({
    name: 'HUB_WEB_URL',
    kind: kinds.webUrl,
    help: 'Where people look at builds; links in notices start with it. Without it they point to this machine.',
    example: 'https://ci.example.org',
  }),
  channels: optional(
    {
      name: 'HUB_CHANNELS',
      kind: kinds.channelModes,
      help: `What each channel does: ${CHANNEL_MODES.join(', ')}. A package that brings one is named like hub-channel-chat or @acme/hub-channel-chat. Those that are not named: webhook=deliver, others off; on an existing Travis database handover, which needs REDIS_URL.`,
      example: 'webhook=deliver,log=off',
    },
    [],
  ),
  webhookUrls: optional(
    {
      name: 'HUB_WEBHOOK_URLS',
      aliases: ['TRAVIS_HUB_WEBHOOK_GLOBAL_URLS'],
      kind: kinds.webUrls,
      help: 'Urls that are told about every build, separated by commas or semicolons.',
      example: 'https://dashboard.example.org/hooks/hub',
    },
    [],
  ),
  webhookSigningKey: nullable({
    name: 'HUB_WEBHOOK_SIGNING_KEY',
    kind: kinds.rsaPrivateKey,
    help: 'RSA private key of the Signature header: PEM, PEM with \\n for line breaks, or base64 of the PEM.',
    example: '-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----',
  }),
  webhookSecret: nullable({
    name: 'HUB_WEBHOOK_SECRET',
    kind: kinds.standardWebhooksSecret,
    help: 'Secret of the Standard Webhooks headers: whsec_ and base64 of 24 to 64 random bytes.',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  }),
  webhookAllowedHosts: optional(
    {
      name: 'HUB_WEBHOOK_ALLOWED_HOSTS',
      kind: kinds.list,
      help: 'Internal hosts, addresses and CIDR ranges that urls given by users may reach all the same.',
      example: 'ci-tools.internal,10.20.0.0/16',
    },
    [],
  ),
  jwtPublicKey: nullable({
    name: 'JWT_RSA_PUBLIC_KEY',
    aliases: ['TRAVIS_JWT_RSA_PUBLIC_KEY'],
    kind: kinds.rsaPublicKey,
    help: 'RSA public key of the tokens that workers and builds come with: PEM, PEM with \\n for line breaks, or base64 of the PEM.',
    example: '-----BEGIN PUBLIC KEY-----\\nMIIB...\\n-----END PUBLIC KEY-----',
  }),
  jwtPrivateKey: nullable({
    name: 'JWT_RSA_PRIVATE_KEY',
    aliases: ['TRAVIS_JWT_RSA_PRIVATE_KEY'],
    kind: kinds.rsaPrivateKey,
    help: 'RSA private key of the tokens that Hub gives to builds, written like the public one. Its public half is used when JWT_RSA_PUBLIC_KEY is not set.',
    example: '-----BEGIN PRIVATE KEY-----\\nMIIE...\\n-----END PRIVATE KEY-----',
  }),
  resetLimit: optional(
    {
      name: 'HUB_RESET_LIMIT',
      kind: kinds.wholeNumber(0, 1_000_000, 'resets'),
      help: 'A job that was reset so often, over at least HUB_RESET_LIMIT_HOURS, is errored instead of reset again. 0 turns that off.',
      example: '50',
    },
    50,
  ),
  resetLimitHours: optional(
    {
      name: 'HUB_RESET_LIMIT_HOURS',
      kind: kinds.wholeNumber(0, 23, 'hours'),
      help: 'How long ago the first reset must be before the limit counts.',
      example: '6',
    },
    6,
  ),
  staleHours: optional(
    {
      name: 'HUB_STALE_HOURS',
      kind: kinds.wholeNumber(0, 8_760, 'hours'),
      help: 'A job that is queued, received or started and was not touched for so long is errored. 0 turns that off.',
      example: '6',
    },
    6,
  ),
  staleMost: optional(
    {
      name: 'HUB_STALE_MOST',
      kind: kinds.wholeNumber(1, 100_000, 'jobs'),
      help: 'Most stale jobs that are errored in one minute.',
      example: '100',
    },
    100,
  ),
  doctorMinutes: optional(
    {
      name: 'HUB_DOCTOR_MINUTES',
      kind: kinds.wholeNumber(0, 1_440, 'minutes'),
      help: 'How often recent builds are looked at for contradictions, which are then mended. 0 turns that off.',
      example: '5',
    },
    5,
  ),
  doctorMost: optional(
    {
      name: 'HUB_DOCTOR_MOST',
      kind: kinds.wholeNumber(1, 10_000, 'findings'),
      help: 'Most contradictions that are mended in one look.',
      example: '100',
    },
    100,
  ),
  logsUrl: nullable({
    name: 'LOGS_API_URL',
    aliases: ['TRAVIS_LOGS_API_URL'],
    kind: kinds.webUrl,
    help: 'The travis-logs service, which clears the log of a job that starts over and takes the last words of a canceled one. Needs LOGS_API_TOKEN.',
    example: 'https://logs.example.org',
  }),
  logsToken: nullable({
    name: 'LOGS_API_TOKEN',
    aliases: ['TRAVIS_LOGS_API_TOKEN'],
    kind: kinds.token,
    help: 'The AUTH_TOKEN of travis-logs.',
    example: 'a-long-random-token',
  }),
  jobBoardUrl: nullable({
    name: 'JOB_BOARD_URL',
    aliases: ['TRAVIS_JOB_BOARD_URL'],
    kind: kinds.jobBoardUrl,
    help: 'The Job Board, with user and password, from which canceled jobs are deleted: so HTTP workers hear of it.',
    example: 'https://user:password@job-board.example.org',
  }),
  jobBoardSite: optional(
    {
      name: 'JOB_BOARD_SITE',
      aliases: ['TRAVIS_JOB_BOARD_SITE'],
      kind: kinds.oneOf(['org', 'com']),
      help: 'Which Travis-Site the Job Board is told: org or com.',
      example: 'com',
    },
    'org',
  ),
  redisUrl: nullable({
    name: 'REDIS_URL',
    aliases: ['TRAVIS_REDIS_URL'],
    kind: kinds.url('redis', 'rediss'),
    help: 'The Redis of a Travis installation: commands come from its queue `hub`, hand-overs go to the queues of the other services. Not needed otherwise.',
    example: 'redis://:password@redis.example.org:6379/0',
  }),
  insightsRedisUrl: nullable({
    name: 'INSIGHTS_REDIS_URL',
    kind: kinds.url('redis', 'rediss'),
    help: 'The Redis of travis-insights, when it has one of its own.',
    example: 'redis://:password@redis-insights.example.org:6379/0',
  }),
  encryptionKey: nullable({
    name: 'ENCRYPTION_KEY',
    aliases: ['TRAVIS_ENCRYPTION_KEY'],
    kind: kinds.text.min(32, 'must have at least 32 characters'),
    help: 'The encryption key of a Travis installation. Without it nobody is told whom a config names encrypted, and OAuth tokens (github-status) cannot be read.',
    example: 'the-encryption.key-of-travis.yml',
  }),
  schedulerQueue: optional(
    {
      name: 'SCHEDULER_SIDEKIQ_QUEUE',
      kind: kinds.text,
      help: 'The queue of travis-scheduler in Redis.',
      example: 'scheduler',
    },
    'scheduler',
  ),
  insightsQueue: optional(
    {
      name: 'INSIGHTS_SIDEKIQ_QUEUE',
      kind: kinds.text,
      help: 'The queue of travis-insights in Redis.',
      example: 'insights',
    },
    'insights',
  ),
  tasksQueue: nullable({
    name: 'TASKS_SIDEKIQ_QUEUE',
    kind: kinds.text,
    help: 'One queue in Redis for everything that is handed over to travis-tasks. Without it each kind of notice has its own.',
    example: 'tasks',
  }),
  logsearchDelay: optional(
    {
      name: 'LOGSEARCH_SIDEKIQ_DELAY',
      kind: kinds.wholeNumber(0, 86_400, 'seconds'),
      help: 'How long after the end of a job travis-logsearch is to read its log.',
      example: '60',
    },
    60,
  ),
  retentionDays: optional(
    {
      name: 'HUB_RETENTION_DAYS',
      kind: kinds.wholeNumber(1, 36_500, 'days'),
      help: 'How long finished events and deliveries are kept.',
      example: '90',
    },
    90,
  ),
} as const;
