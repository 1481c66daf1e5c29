import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { unpackedPackage } from './debian-packages.mjs';
import { which } from './rabbitmq-installed.mjs';

const PATH = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'].join(delimiter);

/**
 * PgBouncer's program, for tests, which start it themselves: the installed one, else that of Debian's packages, unpacked.
 *
 * SERVICES_WITHOUT (a list of `installed`, `debian`) leaves ways out, to try the others.
 *
 * @param {string} directory where a file may be put that is needed as long as the tests run
 * @returns {Promise<{ program?: string, why?: string }>} one file, to be called like `pgbouncer`
 */
export async function findPgbouncer(directory) {
  const left = (process.env.SERVICES_WITHOUT ?? '').split(',');
  const installed = which('pgbouncer', PATH);
  if (isAbsolute(installed) && !left.includes('installed')) return { program: installed };
  const missing = 'pgbouncer is not installed';
  if (left.includes('debian')) return { why: missing };
  const { root, libraries, why } = await unpackedPackage({
    title: 'PgBouncer',
    name: 'pgbouncer',
    needed: /^(pgbouncer|libc-ares|libevent|libssl)/,
    megabytes: 1,
  });
  if (!root) return { why: `${missing}; ${why}` };
  const command = join(root, 'usr/sbin/pgbouncer');
  if (!existsSync(command)) return { why: `${root} holds no pgbouncer: delete it and start again` };
  const program = join(directory, 'pgbouncer');
  writeFileSync(program, `#!/bin/sh\nLD_LIBRARY_PATH='${libraries}' exec '${command}' "$@"\n`);
  chmodSync(program, 0o755);
  return { program };
}
