import { concealed } from './concealed';
import type { Config, DatabaseConfig } from './config';
import { EnvironmentReader, namesOf, type Environment } from './environment';
import type { ChannelChoice } from './kinds';
import { readArtifactManager, readJobBoard, readKeen, readLogs, readMerge, readTraceProcessor } from './load-services';
import { unknownNames } from './unknown-names';
import type { Named, OptionalVariable, OwnVariables, RequiredVariable } from './variable';
import { VARIABLES } from './variables';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

type Readable<T> = RequiredVariable<T> | OptionalVariable<T>;
/** By channel name: what the channel declares itself. */
type VariablesOfChannels = Readonly<Record<string, OwnVariables>>;

/**
 * Reads the whole configuration.
 *
 * @param ofChannels read together with all else, so that every problem is told at once
 * @throws ConfigError naming everything that is missing or wrong, without any value.
 */
export function loadConfig(environment: Environment = process.env, ofChannels: VariablesOfChannels = {}): Config {
  return load(environment, VARIABLES.basicAuth, ofChannels);
}

/**
 * {@link loadConfig} for programs that do as Hub does but do not listen: nobody has to be able to log in.
 * @throws ConfigError
 */
export function loadProgramConfig(environment: Environment = process.env): Config {
  return load(environment, { ...VARIABLES.basicAuth, fallback: [] }, {});
}

function load(
  environment: Environment,
  basicAuth: Readable<Config['http']['basicAuth']>,
  ofChannels: VariablesOfChannels,
): Config {
  const reader = new EnvironmentReader(environment);
  const port = reader.read(VARIABLES.port);
  const channels = reader.read(VARIABLES.channels);
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
        basicAuth: reader.read(basicAuth),
        bodyLimitBytes: reader.read(VARIABLES.bodyLimit),
        trustProxy: reader.read(VARIABLES.trustProxy),
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
    channels: Object.fromEntries((channels ?? []).map(({ name, mode }) => [name, mode])),
    channelPackages: packagesIn(channels),
    channelSettings: readChannelSettings(reader, ofChannels),
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
    unsubscribe: readUnsubscribe(reader),
    tokens: readTokens(reader),
    resets: {
      limit: reader.read(VARIABLES.resetLimit),
      afterMs: reader.read(VARIABLES.resetLimitHours) * HOUR_MS,
    },
    doctor: { everyMs: reader.read(VARIABLES.doctorMinutes) * MINUTE_MS, most: reader.read(VARIABLES.doctorMost) },
    stale: { afterMs: reader.read(VARIABLES.staleHours) * HOUR_MS, most: reader.read(VARIABLES.staleMost) },
    logs: readLogs(reader),
    jobBoard: readJobBoard(reader),
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
      insightsEnabled: reader.read(VARIABLES.insightsEnabled),
      logsearchEnabled: reader.read(VARIABLES.logsearchEnabled),
    },
    statesCache: { servers: reader.read(VARIABLES.statesCacheServers) },
    traceProcessor: readTraceProcessor(reader),
    artifactManager: readArtifactManager(reader),
    merge: readMerge(reader),
    keen: readKeen(reader),
    retentionDays: reader.read(VARIABLES.retentionDays),
    // Not in the table of variables: nobody who runs Hub has any use for it.
    fault: environment.HUB_TEST_FAULT || null,
  };
  reader.finish();
  return Object.freeze({
    ...config,
    warnings: [...new Set(reader.warnings), ...unknownNames(setNames(environment), knownNames(ofChannels))],
  });
}

/** The npm packages that bring channels, by the channels' names; none when HUB_CHANNELS cannot be read. */
export function readChannelPackages(environment: Environment = process.env): Config['channelPackages'] {
  return packagesIn(new EnvironmentReader(environment).read(VARIABLES.channels));
}

/** @param choices undefined when they could not be read, which is told elsewhere */
function packagesIn(choices: readonly ChannelChoice[] | undefined): Config['channelPackages'] {
  return Object.fromEntries(
    (choices ?? []).flatMap(({ name, fromPackage }) => (fromPackage ? [[name, fromPackage]] : [])),
  );
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

/** One of them alone makes no link. */
function readUnsubscribe(reader: EnvironmentReader): Config['unsubscribe'] {
  const publicUrl = reader.read(VARIABLES.publicUrl);
  const secret = reader.read(VARIABLES.unsubscribeSecret);
  if (publicUrl === null && secret) {
    reader.warnings.push(
      `${VARIABLES.unsubscribeSecret.name} is set but ${VARIABLES.publicUrl.name} is not: nobody can be told how to ` +
        'unsubscribe. Set both, or neither.',
    );
  }
  return concealed({ publicUrl, secret }, 'secret');
}

function readTokens(reader: EnvironmentReader): Config['tokens'] {
  const privateKey = reader.read(VARIABLES.jwtPrivateKey);
  return concealed(
    { publicKey: reader.read(VARIABLES.jwtPublicKey) ?? privateKey, privateKey },
    'publicKey',
    'privateKey',
  );
}

/** Which of them are secrets is not told apart: none is ever printed. */
function readChannelSettings(reader: EnvironmentReader, ofChannels: VariablesOfChannels): Config['channelSettings'] {
  const settings = Object.entries(ofChannels).map(([channel, variables]) => {
    const values = Object.entries(variables).map(([key, variable]) => [key, reader.read(variable)] as const);
    return [channel, concealed(Object.fromEntries(values), ...Object.keys(variables))] as const;
  });
  return Object.freeze(Object.fromEntries(settings));
}

function knownNames(ofChannels: VariablesOfChannels): string[] {
  const all: readonly Readonly<Record<string, Named>>[] = [VARIABLES, ...Object.values(ofChannels)];
  return all.flatMap((variables) => Object.values(variables).flatMap((variable) => [...namesOf(variable)]));
}

function setNames(environment: Environment): string[] {
  return Object.keys(environment).filter((name) => environment[name] !== undefined);
}
