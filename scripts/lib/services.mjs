import { Guardian } from './guardian.mjs';
import { ancestors } from './processes.mjs';
import { startEmbeddedPostgres } from './postgres-embedded.mjs';
import { startPostgres } from './postgres.mjs';
import { startOwnRabbitmq, startRabbitmq } from './rabbitmq.mjs';
import { startRedis } from './redis.mjs';
import { Interrupted, PlainError, say, warn } from './say.mjs';

/** How long interrupted work may take to end by itself before its services are taken away, in milliseconds. */
const GRACE_MS = 20_000;
const PARENT_CHECK_MS = 1_000;
/** How many ancestors are watched: a shell and npm. */
const LINE = 2;

/**
 * @typedef {object} Services
 * @property {string} databaseUrl an empty database that is ours alone
 * @property {string | undefined} rabbitmqUrl a virtual host that is ours alone; undefined when there is no broker
 * @property {string | undefined} rabbitmqAdmin how more virtual hosts can be made there (see rabbitmq-admin.mjs)
 * @property {string | undefined} redisUrl a Redis that is ours alone; undefined when it was not asked for or cannot be had
 * @property {string[]} describe one readable line per service: what is used, and why
 * @property {AbortSignal} signal aborted when the work is to end (Ctrl-C, SIGTERM, the terminal or npm gone)
 * @property {import('./guardian.mjs').Guardian} guardian for more things that must not outlive us
 */

/**
 * Starts PostgreSQL and RabbitMQ (and Redis, if asked to), does the work, and leaves nothing running: not when it fails, nor on signals, nor
 * when this process is killed.
 *
 * @template T
 * @param {(services: Services) => Promise<T>} work
 * @param {{ redis?: boolean }} [options] what else is needed
 * @returns {Promise<T>}
 * @throws {Interrupted} when a signal ended it
 */
export function withServices(work, options = {}) {
  return withGuardian(async (guardian, signal) => {
    const services = await orInterrupted(start(guardian, signal, options), signal, 0);
    return orInterrupted(work(services), signal, GRACE_MS);
  });
}

/**
 * Starts servers that may be killed and started again: a PostgreSQL and a RabbitMQ of our own, whatever else runs here.
 * Otherwise like {@link withServices}.
 *
 * @template T
 * @param {(servers: object, guardian: Guardian, signal: AbortSignal) => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {PlainError} when there are no programs to start them from
 * @throws {Interrupted} when a signal ended it
 */
export function withOwnServers(work) {
  return withGuardian(async (guardian, signal) => {
    const started = Promise.all([startEmbeddedPostgres(guardian), startOwnRabbitmq(guardian)]);
    const [postgres, { broker, why }] = await orInterrupted(started, signal, 0);
    if (!broker) throw new PlainError(`No RabbitMQ can be started: ${why}. Install rabbitmq-server.`);
    for (const { describe } of [postgres, broker]) say(describe);
    return orInterrupted(work({ postgres, broker }, guardian, signal), signal, GRACE_MS);
  });
}

function withGuardian(work) {
  return untilStopped(async (signal) => {
    const guardian = await Guardian.start();
    try {
      return await work(guardian, signal);
    } finally {
      await guardian.finish({ interrupted: signal.aborted });
    }
  });
}

/**
 * Does work that a signal can interrupt.
 *
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} work is to end soon when the signal is aborted
 * @returns {Promise<T>}
 * @throws {Interrupted} when it was
 */
export async function untilStopped(work) {
  const stopping = new AbortController();
  const unlisten = onStop((signal) => stopping.abort(new Interrupted(signal)));
  try {
    const result = await work(stopping.signal);
    stopping.signal.throwIfAborted();
    return result;
  } finally {
    unlisten();
  }
}

async function start(guardian, signal, options) {
  // At once: the broker takes five seconds, in which the database starts too.
  const [postgres, rabbitmq, redis] = await Promise.all([
    startPostgres(guardian),
    startRabbitmq(guardian),
    options.redis ? startRedis(guardian) : undefined,
  ]);
  const { broker, why } = rabbitmq;
  const describe = [postgres.describe, broker?.describe ?? `No RabbitMQ: ${why}`];
  if (redis) describe.push(redis.describe);
  say(describe[0]);
  if (broker) say(describe[1]);
  else warn(`${describe[1]}. Install rabbitmq-server or set RABBITMQ_URL.`);
  if (redis?.url) say(redis.describe);
  else if (redis) warn(`${redis.describe}. Install redis-server.`);
  return {
    databaseUrl: postgres.url,
    rabbitmqUrl: broker?.url,
    rabbitmqAdmin: broker?.admin,
    redisUrl: redis?.url,
    describe,
    signal,
    guardian,
  };
}

/** The work's result; when interrupted, Interrupted: as soon as the work has ended, at the latest after the grace. */
function orInterrupted(work, signal, graceMs) {
  return new Promise((resolve, reject) => {
    const interrupted = () => reject(signal.reason);
    const late = () => setTimeout(interrupted, graceMs).unref();
    if (signal.aborted) late();
    else signal.addEventListener('abort', late, { once: true });
    work.then(
      (result) => (signal.aborted ? interrupted() : resolve(result)),
      (error) => reject(signal.reason ?? error),
    );
  });
}

/** Calls back once when somebody wants this process to end; a second Ctrl-C ends it at once (the guardian tidies up). */
function onStop(callback) {
  let asked = false;
  const hear = (signal) => {
    if (asked) process.exit(new Interrupted(signal).exitCode);
    asked = true;
    callback(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, hear);
  // npm that is killed cannot pass that on; the line of our ancestors changes then.
  const line = ancestors(LINE).join();
  const look = () => ancestors(LINE).join() !== line && hear('SIGHUP');
  const watch = process.env.npm_lifecycle_event ? setInterval(look, PARENT_CHECK_MS).unref() : undefined;
  return () => {
    clearInterval(watch);
    for (const signal of signals) process.off(signal, hear);
  };
}
