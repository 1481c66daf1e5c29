import { concealed } from './concealed';
import type { Config, DatabaseConfig } from './config';
import { EnvironmentReader, namesOf, type Environment } from './environment';
import { unknownNames } from './unknown-names';
import { VARIABLES } from './variables';

const HOUR_MS = 3_600_000;

/**
 * Reads the whole configuration.
 * @throws ConfigError naming everything that is missing or wrong, without any value.
 */
export function loadConfig(environment: Environment = process.env): Config {
  const reader = new EnvironmentReader(environment);
  const port = reader.read(VARIABLES.port);
  const config: Omit<Config, 'warnings'> = {
    database: readDatabase(reader),
    rabbitmq: concealed(
      {
        url: reader.read(VARIABLES.rabbitmqUrl),
        queue: reader.read(VARIABLES.queue),
        queueArguments: reader.read(VARIABLES.queueArguments),
        prefetch: reader.read(VARIABLES.prefetch),
      },
      'url',
    ),
    http: concealed(
      {
        port,
        basicAuth: reader.read(VARIABLES.basicAuth),
        bodyLimitBytes: reader.read(VARIABLES.bodyLimit),
      },
      'basicAuth',
    ),
    batch: { size: reader.read(VARIABLES.batchSize) },
    orderGuard: reader.read(VARIABLES.orderGuard),
    cancellationDisabled: reader.read(VARIABLES.cancellationDisabled),
    graceMs: reader.read(VARIABLES.graceSeconds) * 1_000,
    log: { level: reader.read(VARIABLES.logLevel), format: reader.read(VARIABLES.logFormat) },
    metrics: { authenticated: reader.read(VARIABLES.metricsAuth) === 'basic' },
    web: { url: reader.read(VARIABLES.webUrl) ?? `http://localhost:${port}` },
    channels: reader.read(VARIABLES.channels),
    webhook: concealed(
      {
        signingKey: reader.read(VARIABLES.webhookSigningKey),
        standardSecret: reader.read(VARIABLES.webhookSecret),
        globalUrls: reader.read(VARIABLES.webhookUrls),
        allowedHosts: reader.read(VARIABLES.webhookAllowedHosts),
      },
      'signingKey',
      'standardSecret',
      'globalUrls',
    ),
    tokens: readTokens(reader),
    resets: {
      limit: reader.read(VARIABLES.resetLimit),
      afterMs: reader.read(VARIABLES.resetLimitHours) * HOUR_MS,
    },
    stale: { afterMs: reader.read(VARIABLES.staleHours) * HOUR_MS, most: reader.read(VARIABLES.staleMost) },
    logs: concealed({ url: reader.read(VARIABLES.logsUrl), token: reader.read(VARIABLES.logsToken) }, 'token'),
    jobBoard: concealed({ url: reader.read(VARIABLES.jobBoardUrl), site: reader.read(VARIABLES.jobBoardSite) }, 'url'),
    redis: concealed(
      { url: reader.read(VARIABLES.redisUrl), insightsUrl: reader.read(VARIABLES.insightsRedisUrl) },
      'url',
      'insightsUrl',
    ),
    encryption: concealed({ key: reader.read(VARIABLES.encryptionKey) }, 'key'),
    sidekiq: {
      scheduler: reader.read(VARIABLES.schedulerQueue),
      insights: reader.read(VARIABLES.insightsQueue),
      tasks: reader.read(VARIABLES.tasksQueue),
      logsearchDelayMs: reader.read(VARIABLES.logsearchDelay) * 1_000,
    },
    retentionDays: reader.read(VARIABLES.retentionDays),
    // Not in the table of variables: nobody who runs Hub has any use for it.
    fault: environment.HUB_TEST_FAULT || null,
  };
  reader.finish();
  return Object.freeze({
    ...config,
    warnings: [...reader.warnings, ...unknownNames(setNames(environment), knownNames())],
  });
}

/**
 * Reads only what is needed to reach the database, for migrations and small programs.
 * @throws ConfigError
 */
export function loadDatabaseConfig(environment: Environment = process.env): DatabaseConfig {
  const reader = new EnvironmentReader(environment);
  const database = readDatabase(reader);
  reader.finish();
  return database;
}

function readDatabase(reader: EnvironmentReader): DatabaseConfig {
  return concealed(
    {
      url: reader.read(VARIABLES.databaseUrl),
      pool: reader.read(VARIABLES.databasePool),
      migrate: reader.read(VARIABLES.migrate),
    },
    'url',
  );
}

function readTokens(reader: EnvironmentReader): Config['tokens'] {
  const privateKey = reader.read(VARIABLES.jwtPrivateKey);
  return concealed(
    { publicKey: reader.read(VARIABLES.jwtPublicKey) ?? privateKey, privateKey },
    'publicKey',
    'privateKey',
  );
}

function knownNames(): string[] {
  return Object.values(VARIABLES).flatMap((variable) => [...namesOf(variable)]);
}

function setNames(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => environment[name] !== undefined);
}
