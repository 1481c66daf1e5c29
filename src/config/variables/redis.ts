import * as kinds from '../kinds';
import { nullable, optional } from '../variable';

/** Redis, and the services that are reached through it. */
export const REDIS = {
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
  insightsEnabled: optional(
    {
      name: 'INSIGHTS_ENABLED',
      kind: kinds.truth,
      help: 'An existing Travis installation has travis-insights: hand over to it unless HUB_CHANNELS says otherwise.',
      example: 'true',
    },
    false,
  ),
  logsearchEnabled: optional(
    {
      name: 'LOGSEARCH_ENABLED',
      kind: kinds.truth,
      help: 'An existing Travis installation has travis-logsearch: hand over to it unless HUB_CHANNELS says otherwise.',
      example: 'true',
    },
    false,
  ),
} as const;
