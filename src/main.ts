import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import type { ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { prepareHttp } from './api';
import { AppModule } from './app.module';
import { ConfigError, loadConfig, readChannelPackages, type Config, type Environment } from './config';
import { armFault } from './faults';
import { Lifecycle } from './health';
import { RabbitmqIntake } from './intake';
import { configureLogging, logger, NestLogger } from './logging';
import { messagesInFlight } from './metrics';
import { channelVariables } from './notifications';

const log = logger.child({ component: 'main' });

export interface RunningHub {
  readonly app: NestExpressApplication;
  readonly config: Config;
  /** Where HTTP listens, e.g. `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Finishes what is in hand and closes everything. */
  stop(): Promise<void>;
}

export interface BootstrapOptions {
  /** Further modules, for tests and for programs that embed Hub. */
  readonly imports?: ModuleMetadata['imports'];
}

/**
 * Starts Hub in this process. HTTP listens first, so that probes are answered although neither the database nor the
 * broker is there; both are reached in the background.
 *
 * @throws ConfigError when the environment is not usable; errors of the HTTP server, e.g. when the port is taken
 */
export async function bootstrap(environment?: Environment, options: BootstrapOptions = {}): Promise<RunningHub> {
  const config = loadConfig(environment, channelVariables(readChannelPackages(environment)));
  configureLogging(config.log);
  for (const warning of config.warnings) log.warn(warning);
  if (config.fault !== null) armFault(config.fault);

  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, options.imports), {
    logger: new NestLogger(),
    abortOnError: false,
    bodyParser: false,
  });
  prepareHttp(app, config);
  app.get(RabbitmqIntake, { strict: false }).connect(app);
  await app.listen(config.http.port);
  // Settles when the broker is there for the first time, so nobody waits for it. It goes on trying by itself.
  void app.startAllMicroservices();
  const lifecycle = app.get(Lifecycle, { strict: false });
  lifecycle.running();

  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  log.info({ url, ...describe(config) }, 'Hub is up');
  let stopped: Promise<void> | null = null;
  const stop = () => {
    lifecycle.stop();
    stopped ??= app.close();
    return stopped;
  };
  return { app, config, url, stop };
}

/** What is wired, without secrets: one line that answers most questions about a running Hub. */
function describe({ database, rabbitmq, redis, channels, batch, orderGuard, cancellationDisabled }: Config): object {
  return {
    database: new URL(database.url).host,
    queue: rabbitmq.url === null ? null : `reporting.jobs.${rabbitmq.queue} at ${new URL(rabbitmq.url).host}`,
    redis: redis.url === null ? null : new URL(redis.url).host,
    prefetch: rabbitmq.prefetch,
    batch: batch.size,
    channels,
    orderGuard,
    cancellationDisabled,
    node: process.version,
    pid: process.pid,
  };
}

/** Runs Hub as the whole process: signals, exit codes, and no error that goes unnoticed. */
async function run(): Promise<void> {
  let hub: RunningHub | null = null;
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) return void die(`${signal} came again while Hub was stopping`);
    stopping = true;
    // Nothing is in hand before Hub is up.
    if (hub === null) process.exit(0);
    void stopWithin(hub, signal);
  };
  // Our own handlers instead of Nest's: as process 1 the kernel ignores a signal that Nest would send again at the end.
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('unhandledRejection', (error) => void die('a promise failed and nobody noticed', error));
  process.on('uncaughtException', (error) => void die('an error was not caught', error));
  try {
    hub = await bootstrap();
  } catch (error) {
    if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
    else log.fatal({ err: error }, explainBootFailure(error));
    process.exit(1);
  }
}

/** Stops and exits with 0, or with 1 when the grace period is over first. */
async function stopWithin(hub: RunningHub, signal: NodeJS.Signals): Promise<void> {
  const { graceMs } = hub.config;
  log.info({ signal, graceMs }, 'stopping: not ready, finishing what is in hand');
  setTimeout(() => void die(`the grace period of ${graceMs / 1_000} s is over`), graceMs).unref();
  // A client that neither finishes its request nor goes away must not make a clean stop fail.
  setTimeout(() => hub.app.getHttpServer().closeAllConnections(), graceMs * 0.75).unref();
  try {
    await hub.stop();
  } catch (error) {
    return die('stopping failed', error);
  }
  log.info('stopped');
  process.exit(0);
}

/** Ends the process loudly. What was not finished is not lost: unacked messages and leased deliveries go to others. */
async function die(why: string, error?: unknown): Promise<never> {
  const [inFlight] = (await messagesInFlight.get()).values;
  log.fatal(
    { err: error, messagesInFlight: inFlight?.value ?? 0, open: [...new Set(process.getActiveResourcesInfo())] },
    `${why}: exit 1; unacknowledged messages go back to the queue`,
  );
  process.exit(1);
}

function explainBootFailure(error: unknown): string {
  const { code, port } = error as { code?: unknown; port?: unknown };
  if (code === 'EADDRINUSE') return `Hub cannot start: port ${String(port)} is taken. Set PORT to another one.`;
  if (code === 'EACCES')
    return `Hub cannot start: it may not listen on port ${String(port)}. Set PORT to one above 1023.`;
  return 'Hub cannot start';
}

if (require.main === module) void run();
