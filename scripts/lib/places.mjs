import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where servers that we start keep their files, and as whom they run. */

/**
 * The user that servers run as: PostgreSQL refuses to run as root.
 *
 * @returns {{ uid?: number, gid?: number, name: string }} without ids when we are an ordinary user ourselves
 * @throws when we are root and there is no ordinary user to become
 */
export function serverUser() {
  if (process.getuid?.() !== 0) return { name: 'this user' };
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })));
      return { uid, gid, name };
    } catch {
      // No such user here: try the next.
    }
  }
  throw new Error('Servers cannot be started as root and there is no user `postgres` or `nobody` to start them as.');
}

/**
 * A folder that keeps its contents between runs (server programs). It belongs to us and everybody may read it.
 *
 * @param {string} name what is kept, with its version
 */
export function cacheDirectory(name) {
  const base = cacheBase();
  mkdirSync(base, { recursive: true, mode: 0o755 });
  const found = lstatSync(base);
  // In a shared folder somebody else could have put programs of his own there, which we would then run.
  if (!found.isDirectory() || found.uid !== process.getuid() || (found.mode & 0o022) !== 0) {
    return join(mkdtempReadable(sharedTemporary(), 'hub-cache-'), name);
  }
  return join(base, name);
}

function cacheBase() {
  const uid = process.getuid();
  if (uid === 0) return join(sharedTemporary(), 'hub-cache-0');
  const home = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  try {
    const base = join(home, 'hub');
    mkdirSync(base, { recursive: true });
    return base;
  } catch {
    return join(sharedTemporary(), `hub-cache-${uid}`);
  }
}

/** A fresh folder for one run, directly below a temporary folder that the servers' user can reach. */
export function runDirectory() {
  return mkdtempReadable(sharedTemporary(), 'hub-run-');
}

/** The temporary folder that {@link runDirectory} uses: the system's, unless the servers' user cannot enter it. */
export function sharedTemporary() {
  const candidates = [tmpdir(), '/tmp', '/var/tmp'];
  return candidates.find((folder) => process.getuid() !== 0 || everybodyEnters(folder)) ?? tmpdir();
}

function everybodyEnters(folder) {
  try {
    for (let part = folder; ; part = dirname(part)) {
      if ((statSync(part).mode & 0o001) === 0) return false;
      if (part === dirname(part)) return true;
    }
  } catch {
    return false;
  }
}

function mkdtempReadable(parent, prefix) {
  const folder = mkdtempSync(join(parent, prefix));
  chmodSync(folder, 0o755);
  return folder;
}
