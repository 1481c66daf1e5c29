import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What AMQP itself does not offer: virtual hosts, and the messages that consumers hold. */
export interface BrokerAdmin {
  /** Creates a virtual host in which `user` may do everything. */
  createVhost(vhost: string, user: string): Promise<void>;
  deleteVhost(vhost: string): Promise<void>;
  /**
   * Messages in a queue, those held by consumers (delivered, not acked) included.
   * @throws when there is no such queue
   */
  messagesIn(vhost: string, queue: string): Promise<number>;
}

interface Queue {
  readonly name: string;
  readonly messages?: number;
}

const LIMIT_MS = 20_000;
const ALL = { configure: '.*', write: '.*', read: '.*' };

/** @param admin `ctl:<rabbitmqctl>` or the URL, with user and password, of a management API */
export function brokerAdmin(admin: string): BrokerAdmin {
  return admin.startsWith('ctl:') ? controlTool(admin.slice('ctl:'.length)) : managementApi(new URL(admin));
}

function controlTool(command: string): BrokerAdmin {
  const ctl = (...args: string[]) =>
    promisify(execFile)(command, ['--quiet', ...args], { timeout: LIMIT_MS, cwd: '/' });
  return {
    async createVhost(vhost, user) {
      await ctl('add_vhost', vhost);
      await ctl('set_permissions', '-p', vhost, user, ALL.configure, ALL.write, ALL.read);
    },
    async deleteVhost(vhost) {
      await ctl('delete_vhost', vhost);
    },
    async messagesIn(vhost, queue) {
      const { stdout } = await ctl('list_queues', '-p', vhost, 'name', 'messages', '--formatter', 'json');
      return countIn(JSON.parse(stdout) as Queue[], queue);
    },
  };
}

function managementApi({ origin, username, password }: URL): BrokerAdmin {
  const login = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const response = await fetch(`${origin}/api/${path}`, {
      method,
      headers: { authorization: `Basic ${login}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(LIMIT_MS),
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text;
  };
  return {
    async createVhost(vhost, user) {
      await call('PUT', `vhosts/${vhost}`, {});
      await call('PUT', `permissions/${vhost}/${encodeURIComponent(user)}`, ALL);
    },
    async deleteVhost(vhost) {
      await call('DELETE', `vhosts/${vhost}`);
    },
    async messagesIn(vhost, queue) {
      return countIn(JSON.parse(await call('GET', `queues/${encodeURIComponent(vhost)}`)) as Queue[], queue);
    },
  };
}

function countIn(queues: readonly Queue[], name: string): number {
  const found = queues.find((queue) => queue.name === name);
  // A queue that was just declared has no numbers yet.
  if (found?.messages === undefined) throw new Error(`the broker tells no number of messages for queue ${name}`);
  return found.messages;
}
