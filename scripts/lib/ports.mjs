import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Ports of the loopback address that nobody listens on now. Somebody else may take one before you do: callers try
 * again with others then.
 *
 * @param {number} count
 */
export async function freePorts(count) {
  const servers = [];
  for (let index = 0; index < count; index++) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
  }
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
