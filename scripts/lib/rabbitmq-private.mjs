import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './ports.mjs';
import { serverUser } from './places.mjs';
import { which } from './rabbitmq-installed.mjs';
import { probe } from './rabbitmq-probe.mjs';

const START_LIMIT_MS = 60_000;
const ATTEMPTS = 2;

/**
 * Starts a broker that shares nothing with another on this machine: own ports, node name, cookie, folders, and an own
 * port mapper (epmd), so that none stays behind. It ends with the guardian.
 *
 * @param {import('./guardian.mjs').Guardian} guardian
 * @param {import('./rabbitmq-installed.mjs').Programs} programs
 */
export async function startPrivateBroker(guardian, programs) {
  let why = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { broker, log } = await tryStart(guardian, programs);
    if (broker) return { broker };
    why = `${programs.describe} does not start: ${log.trim().split('\n').slice(-3).join(' | ')}`;
  }
  return { why };
}

async function tryStart(guardian, programs) {
  const [port, epmdPort, distributionPort] = await freePorts(3);
  const home = mkdtempSync(join(guardian.directory, 'rabbitmq-'));
  const user = serverUser();
  const password = randomBytes(12).toString('hex');
  const env = environment(programs, home, { epmdPort, distributionPort });
  writeSettings(home, user, { port, password });

  const program = { env, cwd: home, log: join(home, 'output'), uid: user.uid, gid: user.gid, stopSignals: ['SIGTERM'] };
  const epmd = await guardian.spawn({
    ...program,
    command: which('epmd', programs.path),
    args: ['-port', String(epmdPort), '-address', '127.0.0.1'],
    marker: `-port ${epmdPort}`,
  });
  const spawn = () =>
    guardian.spawn({
      ...program,
      command: join(programs.sbin, 'rabbitmq-server'),
      // Unknown to Erlang and therefore ignored: tells whose process this is.
      args: ['-hub_run', home],
      marker: home,
    });
  let server = await spawn();
  const stop = async () => {
    await server.stop();
    await epmd.stop();
  };
  const url = `amqp://hub:${password}@127.0.0.1:${port}`;
  const version = await serverVersion(url, server.exited);
  if (!version) {
    await stop();
    return { log: readFileSync(program.log, 'utf8') };
  }
  const admin = `ctl:${writeControl(home, programs, env)}`;
  /** As a power cut does. */
  const kill = async () => {
    process.kill(-server.pid, 'SIGKILL');
    await server.exited;
  };
  /** Starts it again with what it has on disk, and waits until it takes connections. */
  const start = async () => {
    server = await spawn();
    if (!(await serverVersion(url, server.exited))) throw new Error('RabbitMQ does not start again.');
  };
  const describe = `RabbitMQ ${version}, started on port ${port} from ${programs.describe}`;
  return { broker: { url, admin, stop, kill, start, describe } };
}

function environment({ path, libraries }, home, { epmdPort, distributionPort }) {
  return {
    PATH: path,
    HOME: home,
    LANG: 'C.UTF-8',
    ...(libraries && { LD_LIBRARY_PATH: libraries }),
    // Names are looked up in Erlang itself: no helper process, no DNS.
    ERL_INETRC: join(home, 'inetrc'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'hub@localhost',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CTL_ERL_ARGS: '-start_epmd false',
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(home, 'advanced'),
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(home, 'plugins'),
    RABBITMQ_FEATURE_FLAGS_FILE: join(home, 'feature_flags'),
    RABBITMQ_GENERATED_CONFIG_DIR: join(home, 'config'),
    RABBITMQ_SCHEMA_DIR: join(home, 'schema'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
  };
}

function writeSettings(home, user, { port, password }) {
  const files = {
    'rabbitmq.conf': `listeners.tcp.1 = 127.0.0.1:${port}\ndefault_user = hub\ndefault_pass = ${password}\n`,
    inetrc: '{lookup, [file]}.\n{host, {127,0,0,1}, ["localhost"]}.\n',
    enabled_plugins: '[].\n',
    '.erlang.cookie': randomBytes(16).toString('hex'),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(home, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (user.uid !== undefined) chownSync(file, user.uid, user.gid);
  }
  if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
}

/** A rabbitmqctl that speaks to this broker, whoever calls it with the right to read the broker's folder. */
function writeControl(home, { sbin }, env) {
  const file = join(home, 'rabbitmqctl');
  const settings = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  writeFileSync(file, ['#!/bin/sh', ...settings, `exec '${join(sbin, 'rabbitmqctl')}' "$@"`, ''].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

async function serverVersion(url, exited) {
  const deadline = Date.now() + START_LIMIT_MS;
  let running = true;
  void exited.then(() => (running = false));
  while (running && Date.now() < deadline) {
    const { ok, version } = await probe(url);
    if (ok) return version;
    await delay(100);
  }
  return undefined;
}
