import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * @typedef {object} Programs
 * @property {string} sbin the folder of RabbitMQ's own start scripts
 * @property {string} path for PATH: where `erl` and `epmd` are
 * @property {string} [libraries] for LD_LIBRARY_PATH
 * @property {string} describe where they come from
 */

/** RabbitMQ's programs as installed on this machine. */
export function installedBroker() {
  const path = [process.env.PATH, '/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/sbin']
    .join(delimiter)
    .split(delimiter);
  const erlang = path.some((folder) => executable(join(folder, 'erl')));
  for (const sbin of [...debianScripts('/'), ...path.map(scriptsBehind)]) {
    if (erlang && sbin && executable(join(sbin, 'rabbitmq-server')) && existsSync(join(sbin, 'rabbitmq-env'))) {
      return { programs: { sbin, path: path.join(delimiter), describe: 'the installed rabbitmq-server' } };
    }
  }
  return { why: 'rabbitmq-server is not installed' };
}

/** Debian's wrapper in /usr/sbin insists on root; the scripts behind it run as anybody. */
export function debianScripts(root) {
  const lib = join(root, 'usr/lib/rabbitmq/lib');
  const versions = existsSync(lib) ? readdirSync(lib).filter((name) => name.startsWith('rabbitmq_server-')) : [];
  return versions.map((name) => join(lib, name, 'sbin'));
}

function scriptsBehind(folder) {
  try {
    return join(realpathSync(join(folder, 'rabbitmq-server')), '..');
  } catch {
    return undefined;
  }
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program is on a path; its bare name when it is nowhere. */
export function which(name, path) {
  return (
    path
      .split(delimiter)
      .map((folder) => join(folder, name))
      .find(executable) ?? name
  );
}
