import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { unpackedPackage } from './debian-packages.mjs';
import { which } from './rabbitmq-installed.mjs';

const PATH = [
  process.env.PATH,
  ...['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'],
].join(delimiter);

/** Servers that tests start themselves, each as they need it. */
const PROGRAMS = [
  { title: 'PgBouncer', name: 'pgbouncer', needed: /^(pgbouncer|libc-ares|libevent|libssl)/, megabytes: 1 },
  { title: 'ngIRCd', name: 'ngircd', needed: /^(ngircd$|lib)/, megabytes: 2 },
  // Unlike other mail servers it is one program, which needs no right of root and no user of its own.
  { title: 'Chasquid', name: 'chasquid', needed: /^chasquid$/, megabytes: 25 },
  {
    title: 'memcached',
    name: 'memcached',
    needed: /^(memcached|libevent|libsasl2-2|libssl)/,
    megabytes: 1,
  },
];

/**
 * The programs that tests start: each the installed one, else that of Debian's packages, unpacked.
 *
 * SERVICES_WITHOUT (a list of `installed`, `debian`) leaves ways out, to try the others.
 *
 * @param {string} directory where files may be put that are needed as long as the tests run
 * @returns {Promise<{ title: string, name: string, program?: string, why?: string }[]>} `program` is one file, to be called
 *   like the command `name`; `why` says why there is none
 */
export async function findTestPrograms(directory) {
  const found = [];
  for (const program of PROGRAMS) found.push({ ...program, ...(await find(program, directory)) });
  return found;
}

async function find({ title, name, needed, megabytes }, directory) {
  const left = (process.env.SERVICES_WITHOUT ?? '').split(',');
  const installed = which(name, PATH);
  if (isAbsolute(installed) && !left.includes('installed')) return { program: installed };
  const missing = `${name} is not installed`;
  if (left.includes('debian')) return { why: missing };
  const { root, libraries, why } = await unpackedPackage({ title, name, needed, megabytes });
  if (!root) return { why: `${missing}; ${why}` };
  const command = ['usr/sbin', 'usr/bin'].map((folder) => join(root, folder, name)).find(existsSync);
  if (!command) return { why: `${root} holds no ${name}: delete it and start again` };
  const program = join(directory, name);
  writeFileSync(program, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${command}' "$@"\n`);
  chmodSync(program, 0o755);
  return { program };
}
