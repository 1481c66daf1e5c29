import { run } from './children.mjs';

/**
 * Virtual hosts, made and deleted by an `admin`: `ctl:<command>` for rabbitmqctl (or a script that calls it for a
 * private broker), or the URL of a management API with user and password.
 */

const LIMIT_MS = 20_000;

/**
 * Creates a virtual host in which `user` may do everything. Called by the guardian.
 *
 * @returns {Promise<boolean>} false when this admin cannot do it
 */
export async function createVhost({ admin, prefix: vhost, user }) {
  if (admin.startsWith('ctl:')) {
    return (
      (await ctl(admin, ['add_vhost', vhost])).ok &&
      (await ctl(admin, ['set_permissions', '-p', vhost, user, '.*', '.*', '.*'])).ok
    );
  }
  const permissions = { configure: '.*', write: '.*', read: '.*' };
  const name = encodeURIComponent(vhost);
  return (
    (await http(admin, 'PUT', `/api/vhosts/${name}`, {})).ok &&
    (await http(admin, 'PUT', `/api/permissions/${name}/${encodeURIComponent(user)}`, permissions)).ok
  );
}

/** Deletes the virtual hosts whose names start with `prefix`. Called by the guardian. */
export async function deleteVhosts({ admin, prefix }) {
  const names = admin.startsWith('ctl:')
    ? (await ctl(admin, ['list_vhosts', '--no-table-headers'])).output.split('\n')
    : ((await http(admin, 'GET', '/api/vhosts')).body ?? []).map(({ name }) => name);
  for (const name of names.map((text) => text.trim()).filter((text) => text.startsWith(prefix))) {
    if (admin.startsWith('ctl:')) await ctl(admin, ['delete_vhost', name]);
    else await http(admin, 'DELETE', `/api/vhosts/${encodeURIComponent(name)}`);
  }
}

async function ctl(admin, args) {
  const { code, output } = await run(admin.slice('ctl:'.length), ['--quiet', ...args], {
    quiet: true,
    timeoutMs: LIMIT_MS,
    cwd: '/',
  });
  // Debian's wrapper, called by an ordinary user, complains but may exit with 0.
  return { ok: code === 0 && !/Only root or rabbitmq/.test(output), output };
}

async function http(admin, method, path, body) {
  const { origin, username, password } = new URL(admin);
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  try {
    const response = await fetch(`${origin}${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    return { ok: response.ok, body: text && response.ok ? JSON.parse(text) : undefined };
  } catch {
    return { ok: false };
  }
}
