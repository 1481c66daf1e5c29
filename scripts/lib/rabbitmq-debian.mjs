import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { chmodSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './children.mjs';
import { cacheDirectory } from './places.mjs';
import { debianScripts } from './rabbitmq-installed.mjs';
import { say, secondsSince } from './say.mjs';

const DPKG_STATUS = '/var/lib/dpkg/status';
const PACKAGE = 'rabbitmq-server';

/** RabbitMQ, Erlang, and libraries; helpers of the service installation (adduser, logrotate …) are not needed. */
const NEEDED = /^(rabbitmq-server|erlang-|lib)/;

/**
 * RabbitMQ's programs from Debian's (or Ubuntu's) packages, downloaded and unpacked into a folder of ours. Nothing is
 * installed and no right of root is needed. The folder is kept for later runs.
 *
 * @returns {Promise<{ programs?: import('./rabbitmq-installed.mjs').Programs, why?: string }>}
 */
export async function debianBroker() {
  if (!existsSync('/etc/debian_version') || !existsSync(DPKG_STATUS)) {
    return { why: 'this is not Debian or Ubuntu, whose packages could be unpacked' };
  }
  const root = cacheDirectory(`rabbitmq-debian-${release()}-${process.arch}`);
  if (!existsSync(root)) {
    const why = await unpackInto(root);
    if (why) return { why };
  }
  const [sbin] = debianScripts(root);
  if (!sbin) return { why: `${root} holds no RabbitMQ: delete it and start again` };
  return {
    programs: {
      sbin,
      path: [join(root, 'usr/bin'), '/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
      libraries: libraryFolders(root).join(':'),
      describe: `Debian's packages, unpacked in ${root}`,
    },
  };
}

function release() {
  const text = readFileSync('/etc/os-release', 'utf8');
  return /^VERSION_CODENAME="?([\w.-]+)/m.exec(text)?.[1] ?? /^VERSION_ID="?([\w.-]+)/m.exec(text)?.[1] ?? 'unknown';
}

async function unpackInto(root) {
  const start = performance.now();
  say(
    "RabbitMQ is not installed: unpacking Debian's packages into a cache (once, about 60 MB; nothing is installed) …",
  );
  mkdirSync(dirname(root), { recursive: true });
  const draft = mkdtempSync(`${root}.`);
  try {
    const archives = await download(join(draft, 'apt'));
    if (!archives.length) return "Debian's packages of RabbitMQ cannot be downloaded (is a package mirror reachable?)";
    const unpacked = join(draft, 'root');
    mkdirSync(unpacked);
    for (const archive of archives) {
      const { code, output } = await run('dpkg-deb', ['-x', archive, unpacked], { quiet: true });
      if (code !== 0) return `dpkg-deb cannot unpack ${archive}: ${output.trim()}`;
    }
    adjustErlang(unpacked, root);
    chmodSync(unpacked, 0o755);
    renameSync(unpacked, root);
    say(`RabbitMQ unpacked in ${secondsSince(start)}.`);
    return undefined;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The start scripts of Erlang name the folder that it is normally installed to. */
function adjustErlang(unpacked, root) {
  const erlang = join(unpacked, 'usr/lib/erlang');
  const runtimes = readdirSync(erlang).filter((name) => name.startsWith('erts-'));
  for (const folder of ['bin', ...runtimes.map((name) => join(name, 'bin'))]) {
    for (const script of ['erl', 'start', 'start_erl'].map((name) => join(erlang, folder, name))) {
      if (!existsSync(script)) continue;
      const text = readFileSync(script, 'utf8');
      if (text.startsWith('#!')) writeFileSync(script, text.replaceAll('=/usr/lib/erlang', `=${root}/usr/lib/erlang`));
    }
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
async function download(folder) {
  const options = aptOptions(folder);
  // The system's package lists may be missing or outdated, and only root may renew them: then we get lists of our own.
  for (const lists of ['/var/lib/apt/lists', join(folder, 'lists')]) {
    const own = [...options, '-o', `Dir::State::lists=${lists}`];
    if (lists.startsWith(folder)) await run('apt-get', [...own, 'update'], { quiet: true });
    const archives = await downloadWith(own, folder);
    if (archives.length) return archives;
  }
  return [];
}

async function downloadWith(options, folder) {
  const plan = await run(
    'apt-get',
    [...options, '--print-uris', '--yes', '--no-install-recommends', 'install', PACKAGE],
    {
      quiet: true,
    },
  );
  const names = [...plan.output.matchAll(/^'\S+' (\S+?)_\S+\.deb /gm)].map(([, name]) => name);
  const wanted = names.filter((name) => NEEDED.test(name));
  if (plan.code !== 0 || !wanted.includes(PACKAGE)) return [];
  const archives = join(folder, 'archives');
  const { code } = await run('apt-get', [...options, 'download', ...wanted], { quiet: true, cwd: archives });
  if (code !== 0) return [];
  return readdirSync(archives)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

/** Lets apt work without root, with files of ours, as if RabbitMQ and Erlang were not installed. */
function aptOptions(folder) {
  for (const name of ['lists/partial', 'cache/archives/partial', 'archives', 'state']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const stanzas = readFileSync(DPKG_STATUS, 'utf8').split('\n\n');
  const others = stanzas.filter((stanza) => !/^Package: (rabbitmq-server|erlang-\S+)$/m.test(stanza));
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
