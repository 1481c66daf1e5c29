import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './children.mjs';
import { cacheDirectory } from './places.mjs';
import { say, secondsSince } from './say.mjs';

const DPKG_STATUS = '/var/lib/dpkg/status';

/**
 * A program from Debian's (or Ubuntu's) packages, downloaded and unpacked into a folder of ours. Nothing is installed
 * and no right of root is needed. The folder is kept for later runs.
 *
 * @param {object} what
 * @param {string} what.title for people, e.g. `RabbitMQ`
 * @param {string} what.name of the package, e.g. `rabbitmq-server`; the cache is named after it
 * @param {RegExp} what.needed names of the packages to unpack, `name` among them: what it depends on besides is for a
 *   service installation
 * @param {RegExp} [what.ours] names of packages that are needed although the system may have them installed
 * @param {number} what.megabytes about how much is unpacked
 * @param {(unpacked: string, root: string) => void} [what.adjust] changes files that name the folder they are normally in
 * @returns {Promise<{ root?: string, libraries?: string, why?: string }>} the folder that stands for `/`, and the value of
 *   LD_LIBRARY_PATH; or why there is none
 */
export async function unpackedPackage({ title, name, needed, ours = new RegExp(`^${name}$`), megabytes, adjust }) {
  if (!existsSync('/etc/debian_version') || !existsSync(DPKG_STATUS)) {
    return { why: 'this is not Debian or Ubuntu, whose packages could be unpacked' };
  }
  const root = cacheDirectory(`${name}-debian-${release()}-${process.arch}`);
  if (!existsSync(root)) {
    const start = performance.now();
    say(
      `${title} is not installed: unpacking Debian's packages into a cache (once, about ${megabytes} MB; nothing is installed) …`,
    );
    const why = await unpackInto(root, { title, name, needed, ours, adjust });
    if (why) return { why };
    say(`${title} unpacked in ${secondsSince(start)}.`);
  }
  return { root, libraries: libraryFolders(root).join(':') };
}

function release() {
  const text = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME="?([\w.-]+)/m.exec(text)?.[1] ?? /^VERSION_ID="?([\w.-]+)/m.exec(text)?.[1] ?? 'unknown';
}

async function unpackInto(root, { title, adjust, ...what }) {
  mkdirSync(dirname(root), { recursive: true });
  const draft = mkdtempSync(`${root}.`);
  try {
    const archives = await download(join(draft, 'apt'), what);
    if (!archives.length) return `Debian's packages of ${title} cannot be downloaded (is a package mirror reachable?)`;
    const unpacked = join(draft, 'root');
    mkdirSync(unpacked);
    for (const archive of archives) {
      const { code, output } = await run('dpkg-deb', ['-x', archive, unpacked], { quiet: true });
      if (code !== 0) return `dpkg-deb cannot unpack ${archive}: ${output.trim()}`;
    }
    adjust?.(unpacked, root);
    chmodSync(unpacked, 0o755);
    renameSync(unpacked, root);
    return undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function libraryFolders(root) {
  return ['usr/lib', 'lib'].flatMap((lib) => {
    const folder = join(root, lib);
    const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('-linux-gnu')) : [];
    return names.map((name) => join(folder, name));
  });
}

/** @returns {Promise<string[]>} the downloaded archives; none when it did not work */
async function download(folder, what) {
  const options = aptOptions(folder, what.ours);
  // The system's package lists may be missing or outdated, and only root may renew them: then we get lists of our own.
  for (const lists of ['/var/lib/apt/lists', join(folder, 'lists')]) {
    const own = [...options, '-o', `Dir::State::lists=${lists}`];
    if (lists.startsWith(folder)) await run('apt-get', [...own, 'update'], { quiet: true });
    const archives = await downloadWith(own, folder, what);
    if (archives.length) return archives;
  }
  return [];
}

async function downloadWith(options, folder, { name, needed }) {
  const plan = await run('apt-get', [...options, '--print-uris', '--yes', '--no-install-recommends', 'install', name], {
    quiet: true,
  });
  const names = [...plan.output.matchAll(/^'\S+' (\S+?)_\S+\.deb /gm)].map(([, found]) => found);
  const wanted = names.filter((found) => needed.test(found));
  if (plan.code !== 0 || !wanted.includes(name)) return [];
  const archives = join(folder, 'archives');
  const { code } = await run('apt-get', [...options, 'download', ...wanted], { quiet: true, cwd: archives });
  if (code !== 0) return [];
  return readdirSync(archives)
    .filter((file) => file.endsWith('.deb'))
    .map((file) => join(archives, file));
}

/** Lets apt work without root, with files of ours, as if the packages that are ours were not installed. */
function aptOptions(folder, ours) {
  for (const name of ['lists/partial', 'cache/archives/partial', 'archives', 'state']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const stanzas = readFileSync(DPKG_STATUS, 'utf8').split('\n\n');
  const others = stanzas.filter((stanza) => !ours.test(/^Package: (\S+)$/m.exec(stanza)?.[1] ?? ''));
  writeFileSync(join(folder, 'status'), others.join('\n\n'));
  if (existsSync('/var/lib/apt/extended_states')) {
    copyFileSync('/var/lib/apt/extended_states', join(folder, 'state/extended_states'));
  }
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::http::Timeout': '15',
    'Acquire::https::Timeout': '15',
    'Acquire::Retries': '1',
  };
  return ['-q', ...Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])];
}
