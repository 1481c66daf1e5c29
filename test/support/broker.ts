import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { HOW_TO_START, services } from './services';

/** A virtual host of one test's own, or, where none can be made, the run's. */
export interface TestBroker {
  readonly url: string;
  /** Deletes it with all its queues, which closes the connections that are still open to it. */
  drop(): Promise<void>;
}

/** Makes and deletes virtual hosts. */
interface VhostAdmin {
  create(vhost: string, user: string): Promise<void>;
  delete(vhost: string): Promise<void>;
}

const LIMIT_MS = 20_000;
const ALL = { configure: '.*', write: '.*', read: '.*' };

/**
 * Creates a virtual host in which no other test's messages can be met.
 *
 * Without a way to make one (`HUB_TEST_RABBITMQ_ADMIN` is empty) it is the run's only one: tests then run one after
 * the other and delete what they declare.
 */
export async function createTestBroker(): Promise<TestBroker> {
  const url = new URL(services.rabbitmqUrl);
  if (services.rabbitmqAdmin === '') return { url: url.href, drop: () => Promise.resolve() };
  const admin = adminFor(services.rabbitmqAdmin);
  const parent = decodeURIComponent(url.pathname.slice(1));
  const vhost = `${parent.startsWith('hub_tmp_') ? parent : 'hub_test'}_${randomBytes(5).toString('hex')}`;
  try {
    await admin.create(vhost, decodeURIComponent(url.username) || 'guest');
  } catch (error) {
    throw new Error(`No virtual host for tests can be made at ${url.host}. ${HOW_TO_START}`, { cause: error });
  }
  url.pathname = `/${vhost}`;
  return { url: url.href, drop: () => admin.delete(vhost) };
}

function adminFor(admin: string): VhostAdmin {
  return admin.startsWith('ctl:') ? controlTool(admin.slice('ctl:'.length)) : managementApi(new URL(admin));
}

function controlTool(command: string): VhostAdmin {
  const ctl = (...args: string[]) =>
    promisify(execFile)(command, ['--quiet', ...args], { timeout: LIMIT_MS, cwd: '/' });
  return {
    async create(vhost, user) {
      await ctl('add_vhost', vhost);
      await ctl('set_permissions', '-p', vhost, user, ALL.configure, ALL.write, ALL.read);
    },
    async delete(vhost) {
      await ctl('delete_vhost', vhost);
    },
  };
}

function managementApi({ origin, username, password }: URL): VhostAdmin {
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const call = async (method: string, path: string, body?: object): Promise<void> => {
    const response = await fetch(`${origin}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  return {
    async create(vhost, user) {
      await call('PUT', `vhosts/${vhost}`, {});
      await call('PUT', `permissions/${vhost}/${encodeURIComponent(user)}`, ALL);
    },
    delete: (vhost) => call('DELETE', `vhosts/${vhost}`),
  };
}
