import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackedPackage } from './debian-packages.mjs';
import { debianScripts } from './rabbitmq-installed.mjs';

/**
 * RabbitMQ's programs, and Erlang's, from Debian's (or Ubuntu's) packages.
 *
 * @returns {Promise<{ programs?: import('./rabbitmq-installed.mjs').Programs, why?: string }>}
 */
export async function debianBroker() {
  const { root, libraries, why } = await unpackedPackage({
    title: 'RabbitMQ',
    name: 'rabbitmq-server',
    needed: /^(rabbitmq-server|erlang-|lib)/,
    ours: /^(rabbitmq-server$|erlang-)/,
    megabytes: 60,
    adjust: adjustErlang,
  });
  if (!root) return { why };
  const [sbin] = debianScripts(root);
  if (!sbin) return { why: `${root} holds no RabbitMQ: delete it and start again` };
  return {
    programs: {
      sbin,
      path: [join(root, 'usr/bin'), '/usr/sbin:/usr/bin:/sbin:/bin'].join(':'),
      libraries,
      describe: `Debian's packages, unpacked in ${root}`,
    },
  };
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
