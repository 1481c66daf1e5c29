import { generateKeyPairSync } from 'node:crypto';
import { format, inspect } from 'node:util';
import { ConfigError } from './environment';
import * as kinds from './kinds';
import { loadConfig, loadDatabaseConfig, loadProgramConfig, readChannelPackages } from './load';
import { isInjected } from './unknown-names';
import { nullable, optional } from './variable';
import { VARIABLES } from './variables';

const minimal = { DATABASE_URL: 'postgres://hub@db/hub', HTTP_BASIC_AUTH: 'hub:pw' };

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('what Hub needs to start', () => {
  it('starts with a database and credentials, and sensible defaults for all else', () => {
    expect(loadConfig(minimal)).toMatchObject({
      database: { url: 'postgres://hub@db/hub', pool: 10, migrate: true },
      rabbitmq: { url: null, queue: 'builds', prefetch: 500, queueArguments: {} },
      http: { port: 3000, basicAuth: [{ user: 'hub', password: 'pw' }] },
      batch: { size: 200 },
      graceMs: 20_000,
      orderGuard: true,
      cancellationDisabled: false,
      channels: {},
      log: { level: 'info', format: 'json' },
      web: { url: 'http://localhost:3000' },
      warnings: [],
    });
  });

  it('refuses to start without a database or credentials, and says what to set', () => {
    expect(problemsOf({})).toEqual([
      expect.stringMatching(/^DATABASE_URL is not set\..*DATABASE_URL=postgres:/),
      expect.stringMatching(/^HTTP_BASIC_AUTH is not set\..*HTTP_BASIC_AUTH=hub:/),
    ]);
  });

  it('treats an empty variable as not set', () => {
    expect(problemsOf({ ...minimal, DATABASE_URL: ' ' })).toHaveLength(1);
    expect(loadConfig({ ...minimal, PORT: '' }).http.port).toBe(3000);
  });

  it('needs no credentials to migrate', () => {
    expect(loadDatabaseConfig({ DATABASE_URL: 'postgres://hub@db/hub' }).url).toBe('postgres://hub@db/hub');
    expect(() => loadDatabaseConfig({})).toThrow('DATABASE_URL is not set');
  });

  it('needs no credentials where nobody logs in; all else is as for Hub', () => {
    const { HTTP_BASIC_AUTH: _auth, ...environment } = { ...minimal, HUB_ORDER_GUARD: 'off' };
    const config = loadConfig({ ...minimal, HUB_ORDER_GUARD: 'off' });
    expect(loadProgramConfig(environment)).toEqual({ ...config, http: { ...config.http, basicAuth: [] } });
    expect(() => loadProgramConfig({})).toThrow('DATABASE_URL is not set');
    expect(() => loadProgramConfig({ ...environment, HTTP_BASIC_AUTH: 'wrong' })).toThrow('HTTP_BASIC_AUTH');
  });
});

describe('wrong values', () => {
  const wrong = {
    DATABASE_URL: 'mysql://leak@db/hub',
    DB_POOL: 'leak',
    HUB_MIGRATE: 'leak',
    RABBITMQ_URL: 'leak',
    QUEUE: 'leak leak',
    HUB_QUEUE_ARGUMENTS: '["leak"]',
    HUB_PREFETCH: '0',
    HUB_BATCH_SIZE: '-1',
    HUB_ORDER_GUARD: 'leak',
    CANCELLATION_DISABLED: 'leak',
    PORT: '65536',
    HTTP_BASIC_AUTH: 'hub:pw,leak',
    HUB_HTTP_BODY_LIMIT: '5mb-leak',
    HUB_METRICS_AUTH: 'leak',
    HUB_GRACE_SECONDS: '1.5',
    LOG_LEVEL: 'leak',
    HUB_LOG_FORMAT: 'leak',
    HUB_WEB_URL: 'leak.example.org',
    HUB_CHANNELS: 'webhook=leak',
    HUB_WEBHOOK_URLS: 'https://ok.example.org,leak',
    HUB_WEBHOOK_SIGNING_KEY: '-----BEGIN PRIVATE KEY-----\\nleak\\n-----END PRIVATE KEY-----',
    HUB_WEBHOOK_SECRET: 'whsec_leak',
    HUB_RETENTION_DAYS: 'leak',
    JWT_RSA_PUBLIC_KEY: 'leak',
    JWT_RSA_PRIVATE_KEY: 'leak',
    HUB_RESET_LIMIT: 'leak',
    HUB_RESET_LIMIT_HOURS: '24',
    HUB_STALE_HOURS: 'leak',
    HUB_STALE_MOST: '0',
    LOGS_API_URL: 'leak',
    JOB_BOARD_URL: 'leak',
    JOB_BOARD_SITE: 'leak',
    REDIS_URL: 'http://leak',
    INSIGHTS_REDIS_URL: 'leak',
    LOGSEARCH_SIDEKIQ_DELAY: 'leak',
  };

  it('tells all of them together, each by the name that was set', () => {
    const problems = problemsOf(wrong);
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual(Object.keys(wrong).sort());
  });

  it('never repeats a value, in the message or when the error is printed', () => {
    const error = new ConfigError(problemsOf(wrong));
    expect(error.message).toContain('35 settings are missing or wrong');
    expect(`${error.message}${inspect(error)}${JSON.stringify(error)}`).not.toContain('leak');
  });

  it('says what would be right, with an example', () => {
    expect(problemsOf({ ...minimal, HUB_PREFETCH: 'many' })[0]).toMatch(
      /^HUB_PREFETCH must be a whole number of messages from 1 to 65535\. .* Example: HUB_PREFETCH=500$/,
    );
  });
});

describe('services that belong together with a secret', () => {
  const logs = { LOGS_API_URL: 'https://logs.example.org/', LOGS_API_TOKEN: 'leak' };

  it('reads the address of travis-logs without its slash, and its token without a line break', () => {
    expect(loadConfig({ ...minimal, ...logs, LOGS_API_TOKEN: 'a/b+c=\n' })).toMatchObject({
      logs: { url: 'https://logs.example.org', token: 'a/b+c=' },
      warnings: [],
    });
  });

  it('does not start with travis-logs but without its token', () => {
    expect(problemsOf({ ...minimal, LOGS_API_URL: logs.LOGS_API_URL })).toEqual([
      expect.stringMatching(/^LOGS_API_URL is set but LOGS_API_TOKEN is not: .* Set both, or neither\.$/),
    ]);
  });

  it('warns about a token of travis-logs without its address', () => {
    expect(loadConfig({ ...minimal, LOGS_API_TOKEN: logs.LOGS_API_TOKEN }).warnings).toEqual([
      expect.stringMatching(/^LOGS_API_TOKEN is set but LOGS_API_URL is not: .* Set both, or neither\.$/),
    ]);
  });

  it.each(['two words', 'grün', 'line\nbreak'])('refuses %j as a token: no header could hold it', (token) => {
    const problems = problemsOf({ ...minimal, ...logs, LOGS_API_TOKEN: token });
    expect(problems).toEqual([expect.stringMatching(/^LOGS_API_TOKEN must be a token of printable ASCII/)]);
    expect(problems.join()).not.toContain(token);
  });

  it('warns about a Job Board without user and password', () => {
    expect(loadConfig({ ...minimal, JOB_BOARD_URL: 'https://user:leak@board.example.org' }).warnings).toEqual([]);
    expect(loadConfig({ ...minimal, JOB_BOARD_URL: 'https://board.example.org' }).warnings).toEqual([
      expect.stringMatching(/^JOB_BOARD_URL holds no user and password/),
    ]);
  });

  it('takes not:set for no Job Board at all, as Travis Hub does', () => {
    expect(loadConfig({ ...minimal, JOB_BOARD_URL: 'https://not:set@board.example.org' })).toMatchObject({
      jobBoard: { url: null, site: 'org' },
      warnings: [],
    });
  });
});

describe('names', () => {
  it.each([
    ['TRAVIS_DATABASE_URL', 'postgresql://x@db/y', (c: ReturnType<typeof loadConfig>) => c.database.url],
    ['TRAVIS_RABBITMQ_URL', 'amqps://x@mq/y', (c: ReturnType<typeof loadConfig>) => c.rabbitmq.url],
    ['CLOUDAMQP_URL', 'amqp://x@mq/y', (c: ReturnType<typeof loadConfig>) => c.rabbitmq.url],
  ])('reads %s as Travis Hub does', (name, value, read) => {
    const environment = name.includes('DATABASE') ? { HTTP_BASIC_AUTH: 'a:b' } : minimal;
    expect(read(loadConfig({ ...environment, [name]: value }))).toBe(value);
  });

  it.each(['TRAVIS_DATABASE_POOL_SIZE', 'DATABASE_POOL_SIZE', 'TRAVIS_DB_POOL', 'DB_POOL'])(
    'reads the pool size from %s',
    (name) => {
      expect(loadConfig({ ...minimal, [name]: '7' }).database.pool).toBe(7);
    },
  );

  it('prefers the name with TRAVIS_ and warns about the other when they differ', () => {
    const config = loadConfig({ ...minimal, TRAVIS_DATABASE_URL: 'postgres://other@db/hub' });
    expect(config.database.url).toBe('postgres://other@db/hub');
    expect(config.warnings).toEqual([
      expect.stringMatching(/^Both TRAVIS_DATABASE_URL and DATABASE_URL are set and differ/),
    ]);
  });

  it('warns about an unknown HUB_ name and offers the nearest one, without its value', () => {
    expect(loadConfig({ ...minimal, HUB_PREFECH: 'secret', HUB_NONSENSE_AT_ALL: 'secret' }).warnings).toEqual([
      'HUB_NONSENSE_AT_ALL is set, but Hub does not know it and ignores it.',
      'HUB_PREFECH is set, but Hub does not know it and ignores it. Did you mean HUB_PREFETCH?',
    ]);
  });

  it('is not disturbed by what Kubernetes injects for a service called hub', () => {
    const injected = {
      HUB_SERVICE_HOST: '10.0.0.1',
      HUB_SERVICE_PORT: '80',
      HUB_SERVICE_PORT_HTTP: '80',
      HUB_PORT: 'tcp://10.0.0.1:80',
      HUB_PORT_80_TCP: 'tcp://10.0.0.1:80',
      HUB_PORT_80_TCP_PROTO: 'tcp',
      HUB_PORT_80_TCP_PORT: '80',
      HUB_PORT_80_TCP_ADDR: '10.0.0.1',
      HUB_POSTGRES_PORT: 'tcp://10.0.0.2:5432',
      HUB_POSTGRES_SERVICE_HOST: '10.0.0.2',
    };
    expect(loadConfig({ ...minimal, ...injected })).toEqual(loadConfig(minimal));
  });

  it('has no variable that Kubernetes could inject', () => {
    expect(
      Object.values(VARIABLES)
        .map(({ name }) => name)
        .filter(isInjected),
    ).toEqual([]);
  });
});

describe('variables of channels', () => {
  const pool = { name: 'HUB_IRC_CONNECTIONS', kind: kinds.wholeNumber(1, 9), help: 'Connections.', example: '2' };
  const password = { name: 'HUB_IRC_PASSWORD', kind: kinds.text, help: 'The password.', example: 'secret' };
  const ofChannels = { irc: { pool: optional(pool, 2), password: nullable(password) } };

  it('are read like all others, each for its channel', () => {
    expect(loadConfig(minimal, ofChannels).channelSettings).toEqual({ irc: { pool: 2, password: null } });
    const config = loadConfig({ ...minimal, HUB_IRC_CONNECTIONS: '3', HUB_IRC_PASSWORD: 'leak' }, ofChannels);
    expect(config.channelSettings['irc']?.['pool']).toBe(3);
    expect(config.warnings).toEqual([]);
    expect(`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`).not.toContain('leak');
  });

  it('are told together with whatever else is wrong', () => {
    const environment = { ...minimal, PORT: 'x', HUB_IRC_CONNECTIONS: '10' };
    expect(() => loadConfig(environment, ofChannels)).toThrow(
      /2 settings[^]*HUB_IRC_CONNECTIONS must be a whole number/,
    );
  });

  it('are offered when a name is mistyped', () => {
    expect(loadConfig({ ...minimal, HUB_IRC_PASWORD: 'x' }, ofChannels).warnings).toEqual([
      expect.stringContaining('Did you mean HUB_IRC_PASSWORD?'),
    ]);
  });
});

describe('kinds of values', () => {
  it('reads several users, and passwords with colons', () => {
    expect(loadConfig({ ...minimal, HTTP_BASIC_AUTH: 'a:b:c, d:e' }).http.basicAuth).toEqual([
      { user: 'a', password: 'b:c' },
      { user: 'd', password: 'e' },
    ]);
  });

  it('reads the modes of the channels that are named', () => {
    expect(loadConfig({ ...minimal, HUB_CHANNELS: 'log=deliver, email=handover' }).channels).toEqual({
      log: 'deliver',
      email: 'handover',
    });
  });

  it('reads packages that bring channels, whose names are theirs without scope and prefix', () => {
    const HUB_CHANNELS = 'hub-channel-chat=deliver,@acme/hub-channel-pager=off,@acme/board=deliver,log=off';
    const { channels, channelPackages } = loadConfig({ ...minimal, HUB_CHANNELS });
    expect(channels).toEqual({ chat: 'deliver', pager: 'off', board: 'deliver', log: 'off' });
    const packages = { chat: 'hub-channel-chat', pager: '@acme/hub-channel-pager', board: '@acme/board' };
    expect(channelPackages).toEqual(packages);
    expect(readChannelPackages({ HUB_CHANNELS })).toEqual(packages);
    expect(readChannelPackages({ HUB_CHANNELS: 'wrong' })).toEqual({});
  });

  it.each(['../chat=deliver', 'hub-channel-=deliver', '@acme/=deliver', './x=off', '/etc/x=off'])(
    'refuses %s',
    (text) => {
      expect(problemsOf({ ...minimal, HUB_CHANNELS: text })).toHaveLength(1);
    },
  );

  it('reads the signing key as PEM, with written-out line breaks, and as base64', () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString().trim();
    for (const text of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64')]) {
      expect(loadConfig({ ...minimal, HUB_WEBHOOK_SIGNING_KEY: text }).webhook.signingKey).toBe(pem);
    }
  });

  it.each([
    [
      'HUB_WEBHOOK_URLS',
      'https://a.example.org/x;y=1, https://b.example.org',
      ['https://a.example.org/x;y=1', 'https://b.example.org'],
    ],
    [
      'HUB_WEBHOOK_URLS',
      'https://a.example.org;https://b.example.org',
      ['https://a.example.org', 'https://b.example.org'],
    ],
    [
      'TRAVIS_HUB_WEBHOOK_GLOBAL_URLS',
      'https://a.example.org?ids=1,2; http://b.example.org;',
      ['https://a.example.org?ids=1,2', 'http://b.example.org'],
    ],
  ])('reads the urls of the operator from %s=%s', (name, text, urls) => {
    expect(loadConfig({ ...minimal, [name]: text }).webhook.globalUrls).toEqual(urls);
  });

  it('reads memcached servers as Dalli does', () => {
    const read = (text: string) => loadConfig({ ...minimal, STATES_CACHE_MEMCACHED_SERVERS: text }).statesCache.servers;
    expect(read('cache-a, cache-b:11212,[::1]:11213:2')).toEqual([
      { host: 'cache-a', port: 11_211, weight: 1 },
      { host: 'cache-b', port: 11_212, weight: 1 },
      { host: '::1', port: 11_213, weight: 2 },
    ]);
    for (const text of ['cache:port', 'cache:1:0', 'cache:99999', 'memcached://cache', 'user@cache', '::1']) {
      expect(() => read(text)).toThrow('STATES_CACHE_MEMCACHED_SERVERS must be memcached servers');
    }
  });

  it('warns of a service that is told of nothing because a part of it is missing', () => {
    const half = {
      TRACEPROC_ENABLED: 'true',
      ARTIFACT_MANAGER_URL: 'https://artifacts.example.org',
      NOTIFY_MERGE: '1',
      KEEN_PROJECT_ID: 'project',
    };
    const { warnings, merge } = loadConfig({ ...minimal, ...half });
    expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
      'TRACEPROC_ENABLED is set but TRACEPROC_URL is not',
      'ARTIFACT_MANAGER_URL is set but ARTIFACT_MANAGER_AUTH_KEY is not',
      'NOTIFY_MERGE is set but MERGE_API_URL is not',
      'NOTIFY_MERGE is set but MERGE_API_TOKEN is not',
      'KEEN_PROJECT_ID is set but KEEN_WRITE_KEY is not',
    ]);
    expect(merge.url).toBeNull();
    const unasked = { TRACEPROC_URL: 'https://trace.example.org', MERGE_API_URL: 'https://merge.example.org' };
    const config = loadConfig({ ...minimal, ...unasked });
    expect([config.warnings, config.traceProcessor.url, config.merge.url]).toEqual([[], null, null]);
  });

  it('drops the slash at the end of the web url', () => {
    expect(loadConfig({ ...minimal, HUB_WEB_URL: 'https://ci.example.org/' }).web.url).toBe('https://ci.example.org');
  });
});

describe('secrets', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const config = loadConfig({
    DATABASE_URL: 'postgres://hub:leak@db/hub',
    RABBITMQ_URL: 'amqp://hub:leak@mq/travis',
    HTTP_BASIC_AUTH: 'hub:leak',
    HUB_WEBHOOK_URLS: 'https://user:leak@example.org/',
    HUB_WEBHOOK_SECRET: `whsec_${Buffer.from('leak'.repeat(8)).toString('base64')}`,
    HUB_WEBHOOK_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    JWT_RSA_PRIVATE_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    LOGS_API_TOKEN: 'leak',
    JOB_BOARD_URL: 'https://user:leak@board.example.org',
    REDIS_URL: 'redis://:leak@redis/0',
    INSIGHTS_REDIS_URL: 'redis://:leak@redis/1',
    ENCRYPTION_KEY: 'leak'.repeat(8),
    TRACEPROC_ENABLED: 'true',
    TRACEPROC_URL: 'https://user:leak@trace.example.org',
    ARTIFACT_MANAGER_AUTH_KEY: 'leak',
    MERGE_API_TOKEN: 'leak',
    KEEN_WRITE_KEY: 'leak',
  });

  it('are hidden in every printed form of the configuration and of its sections', () => {
    const printed = [
      config,
      config.database,
      config.rabbitmq,
      config.http,
      config.webhook,
      config.tokens,
      config.logs,
      config.jobBoard,
      config.redis,
      config.encryption,
      config.traceProcessor,
      config.artifactManager,
      config.merge,
      config.keen,
    ].map(
      (part) =>
        `${inspect(part, { depth: 9, showHidden: true })}${JSON.stringify(part)}${format('%j %o %O %s', part, part, part, part)}`,
    );
    expect(printed.join()).not.toMatch(/leak|bGVha|PRIVATE KEY/);
    expect(printed.join()).toContain('[hidden]');
  });

  it('can still be read', () => {
    expect(config.http.basicAuth[0]?.password).toBe('leak');
    expect(config.webhook.signingKey).toContain('PRIVATE KEY');
  });
});
