import * as kinds from '../kinds';
import { nullable, optional } from '../variable';

/** Services at addresses of their own. */
export const SERVICES = {
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
  statesCacheServers: optional(
    {
      name: 'STATES_CACHE_MEMCACHED_SERVERS',
      aliases: ['TRAVIS_STATES_CACHE_MEMCACHED_SERVERS'],
      kind: kinds.memcachedServers,
      help: 'The memcached servers in which the API of a Travis installation looks for the results that badges show, in the order in which the API names them.',
      example: 'memcached.example.org:11211',
    },
    [],
  ),
  traceProcessorUrl: nullable({
    name: 'TRACEPROC_URL',
    kind: kinds.webUrl,
    help: 'The trace processor of a Travis installation, with user and password. Needs TRACEPROC_ENABLED.',
    example: 'https://user:password@trace-processor.example.org',
  }),
  traceProcessorEnabled: optional(
    {
      name: 'TRACEPROC_ENABLED',
      kind: kinds.truth,
      help: 'Tell the trace processor of jobs that were run with a trace.',
      example: 'true',
    },
    false,
  ),
  artifactManagerUrl: nullable({
    name: 'ARTIFACT_MANAGER_URL',
    aliases: ['TRAVIS_ARTIFACT_MANAGER_URL'],
    kind: kinds.webUrl,
    help: 'The artifact manager of a Travis installation, which is told of images that did not come about. Needs ARTIFACT_MANAGER_AUTH_KEY.',
    example: 'https://artifact-manager.example.org',
  }),
  artifactManagerKey: nullable({
    name: 'ARTIFACT_MANAGER_AUTH_KEY',
    aliases: ['TRAVIS_ARTIFACT_MANAGER_AUTH_KEY'],
    kind: kinds.token,
    help: 'What the artifact manager knows Hub by.',
    example: 'a-long-random-key',
  }),
  notifyMerge: optional(
    {
      name: 'NOTIFY_MERGE',
      kind: kinds.truth,
      help: 'Tell the service that copies repositories which moved to travis-ci.com. Needs MERGE_API_URL and MERGE_API_TOKEN.',
      example: 'true',
    },
    false,
  ),
  mergeUrl: nullable({
    name: 'MERGE_API_URL',
    kind: kinds.webUrl,
    help: 'The address of that service.',
    example: 'https://merge.example.org/api',
  }),
  mergeToken: nullable({
    name: 'MERGE_API_TOKEN',
    kind: kinds.token,
    help: 'What that service knows Hub by.',
    example: 'a-long-random-token',
  }),
  keenProjectId: nullable({
    name: 'KEEN_PROJECT_ID',
    kind: kinds.token,
    help: 'The project at Keen in which finished jobs are counted. Needs KEEN_WRITE_KEY.',
    example: '5f3a0c0c2ab9fb1d2a7c1c11',
  }),
  keenWriteKey: nullable({
    name: 'KEEN_WRITE_KEY',
    kind: kinds.token,
    help: 'The write key of that project.',
    example: 'a-long-random-key',
  }),
  keenUrl: optional(
    {
      name: 'KEEN_API_URL',
      kind: kinds.webUrl,
      help: 'Where Keen is.',
      example: 'https://api.keen.io',
    },
    'https://api.keen.io',
  ),
} as const;
