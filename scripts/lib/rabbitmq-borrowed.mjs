import { randomBytes } from 'node:crypto';
import { probe } from './rabbitmq-probe.mjs';
import { PlainError } from './say.mjs';

/**
 * Uses somebody's running broker without meeting his messages: in a virtual host of our own.
 *
 * @param {import('./guardian.mjs').Guardian} guardian
 * @param {string} url
 * @param {object} options
 * @param {boolean} options.given the person named this broker
 * @param {boolean} [options.sharedVhost] make do with the URL's own virtual host, when nothing of Hub's name is in it
 */
export async function borrowBroker(guardian, url, { given, sharedVhost = false }) {
  const found = await probe(url);
  if (!found.ok) {
    if (!given) return { why: `no broker answers on ${hostOf(url)}` };
    throw new PlainError(
      `RABBITMQ_URL is set, but no AMQP broker lets us in there: ${found.problem}.\n` +
        'Check address, user and virtual host, or unset RABBITMQ_URL to have a broker found or started.',
    );
  }
  const describe = `${found.product} ${found.version} at ${hostOf(url)}${given ? ' (RABBITMQ_URL)' : ''}`;
  return (
    (await inPrivateVhost(guardian, url, describe)) ??
    (sharedVhost || vhostOf(url) !== '/' ? inGivenVhost(guardian, url, given, describe) : undefined) ?? {
      why: `the broker at ${hostOf(url)} answers, but no private virtual host can be made there by this user`,
    }
  );
}

async function inPrivateVhost(guardian, url, describe) {
  const vhost = `hub_tmp_${randomBytes(5).toString('hex')}`;
  const ours = withVhost(url, vhost);
  for (const admin of adminsFor(url)) {
    const { result: made, undo: stop } = await guardian.provide({
      module: 'rabbitmq-admin.mjs',
      make: 'createVhost',
      undo: 'deleteVhosts',
      args: { admin, prefix: vhost, user: userOf(url) },
    });
    // rabbitmqctl may have spoken to another broker than the one at this address.
    if (made && (await probe(ours)).ok) {
      return { broker: { url: ours, admin, stop, describe: `${describe}, private virtual host ${vhost}` } };
    }
    await stop();
  }
  return undefined;
}

/** Only when the person named the virtual host and no queue or exchange of Hub's stands there: D13. */
async function inGivenVhost(guardian, url, given, describe) {
  if (!given) return undefined;
  const { ok, taken } = await probe(url, { lookForHub: true });
  if (!ok || taken) {
    return { why: `its virtual host ${vhostOf(url)} already holds ${taken ?? 'something unreadable'}` };
  }
  const { undo: stop } = await guardian.provide({
    module: 'rabbitmq-probe.mjs',
    undo: 'deleteTopology',
    args: { url },
  });
  return {
    broker: { url, stop, describe: `${describe}, its virtual host ${vhostOf(url)}, which holds nothing of Hub's` },
  };
}

/** The management API of the same host, and rabbitmqctl when the broker is on this machine. */
function adminsFor(text) {
  const url = new URL(text);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  const [scheme, port] = url.protocol === 'amqps:' ? ['https', 15671] : ['http', 15672];
  const login = `${url.username || 'guest'}:${url.password || 'guest'}`;
  return [...(local ? ['ctl:rabbitmqctl'] : []), `${scheme}://${login}@${url.hostname}:${port}`];
}

export function withVhost(url, vhost) {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(vhost)}`;
  return changed.href;
}

function vhostOf(url) {
  return decodeURIComponent(new URL(url).pathname.slice(1)) || '/';
}

function userOf(url) {
  return decodeURIComponent(new URL(url).username) || 'guest';
}

function hostOf(url) {
  return new URL(url).host;
}
