import { chownSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { unpackedPackage } from './debian-packages.mjs';
import { freePorts } from './ports.mjs';
import { serverUser } from './places.mjs';
import { which } from './rabbitmq-installed.mjs';

const START_LIMIT_MS = 20_000;
const ANSWER_MS = 2_000;
const ATTEMPTS = 2;

/** One for each test file that asks for one (test/support/redis.ts). */
const DATABASES = 200;

/**
 * A Redis for tests: always one of our own, for it starts at once and no other shares its data. From the installed
 * `redis-server`, else from Debian's packages, unpacked. It keeps nothing on disk.
 *
 * SERVICES_WITHOUT (a list of `installed`, `debian`) leaves ways out, to try the others.
 *
 * @param {import('./guardian.mjs').Guardian} guardian stops it at the end
 * @returns {Promise<{ url?: string, describe: string }>}
 */
export async function startRedis(guardian) {
  const left = (process.env.SERVICES_WITHOUT ?? '').split(',');
  const tried = [];
  for (const [name, find] of [
    ['installed', installedRedis],
    ['debian', debianRedis],
  ]) {
    if (left.includes(name)) continue;
    const { program, why } = await find();
    const { url, version, log } = program ? await startPrivate(guardian, program) : {};
    if (url)
      return { url, describe: `Redis ${version}, started on port ${new URL(url).port} from ${program.describe}` };
    tried.push(why ?? `${program.describe} does not start: ${log.trim().split('\n').slice(-3).join(' | ')}`);
  }
  return { describe: `No Redis: ${tried.join('; ')}` };
}

function installedRedis() {
  const path = [process.env.PATH, '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'].join(delimiter);
  const command = which('redis-server', path);
  return isAbsolute(command)
    ? { program: { command, describe: 'the installed redis-server' } }
    : { why: 'redis-server is not installed' };
}

async function debianRedis() {
  const { root, libraries, why } = await unpackedPackage({
    title: 'Redis',
    name: 'redis-server',
    needed: /^(redis-|lib|lua)/,
    ours: /^redis-(server|tools)$/,
    megabytes: 10,
  });
  if (!root) return { why };
  const command = join(root, 'usr/bin/redis-server');
  if (!existsSync(command)) return { why: `${root} holds no redis-server: delete it and start again` };
  return { program: { command, libraries, describe: `Debian's packages, unpacked in ${root}` } };
}

async function startPrivate(guardian, program) {
  let started = {};
  for (let attempt = 1; attempt <= ATTEMPTS && !started.url; attempt++) started = await tryStart(guardian, program);
  return started;
}

async function tryStart(guardian, { command, libraries }) {
  const [port] = await freePorts(1);
  const home = mkdtempSync(join(guardian.directory, 'redis-'));
  const user = serverUser();
  if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
  const settings = { port, bind: '127.0.0.1', dir: home, save: '', appendonly: 'no', databases: DATABASES };
  const log = join(home, 'output');
  const server = await guardian.spawn({
    command,
    args: Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
    env: { PATH: '/usr/bin:/bin', ...(libraries && { LD_LIBRARY_PATH: libraries }) },
    cwd: home,
    log,
    uid: user.uid,
    gid: user.gid,
    stopSignals: ['SIGTERM'],
    // Stands in its arguments, and in the address that it soon shows instead of them.
    marker: String(port),
  });
  const version = await serverVersion(port, server.exited);
  if (version) return { url: `redis://127.0.0.1:${port}`, version };
  await server.stop();
  return { log: readFileSync(log, 'utf8') };
}

async function serverVersion(port, exited) {
  const deadline = Date.now() + START_LIMIT_MS;
  let running = true;
  void exited.then(() => (running = false));
  while (running && Date.now() < deadline) {
    const version = /redis_version:(\S+)/.exec(await ask(port, 'INFO server\r\n'))?.[1];
    if (version) return version;
    await delay(50);
  }
  return undefined;
}

/** What the server says to one command; nothing when it does not answer. */
function ask(port, command) {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(command));
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('data', (data) => (answer += data));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}
