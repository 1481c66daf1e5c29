import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { AddressGuard } from './address-guard';
import { GuardedSockets } from './guarded-sockets';
import { EVERYWHERE } from './trusted';

const { signal } = new AbortController();

describe('guarded sockets', () => {
  let port: number;
  let servers: Server[];
  let open: Socket[];

  const listen = async (greet: (socket: Socket) => void): Promise<number> => {
    const server = createServer((socket) => {
      open.push(socket.on('error', () => undefined));
      greet(socket);
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };

  beforeEach(async () => {
    [servers, open] = [[], []];
    port = await listen((socket) => socket.end('hello'));
  });

  afterEach(async () => {
    for (const socket of open) socket.destroy();
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  });

  it('reach what the operator allows, and what is trusted', async () => {
    for (const allowed of [['127.0.0.1'], EVERYWHERE]) {
      const socket = await new GuardedSockets(new AddressGuard(allowed)).connect({ host: '127.0.0.1', port, signal });
      const [data] = (await once(socket, 'data')) as [Buffer];
      expect(data.toString()).toBe('hello');
      socket.destroy();
    }
  });

  it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '169.254.169.254', 'localhost'])('do not reach %s', async (host) => {
    const sockets = new GuardedSockets(new AddressGuard([]));
    await expect(sockets.connect({ host, port, signal })).rejects.toMatchObject({ name: 'RequestRefused' });
  });

  it('dial the address that was judged, whatever the name points to later', async () => {
    let asked = 0;
    const sockets = new GuardedSockets(new AddressGuard(['127.0.0.1']), (_host, _options, done) => {
      asked += 1;
      done(null, [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }]);
    });
    (await sockets.connect({ host: 'irc.example.org', port, signal })).destroy();
    expect(asked).toBe(1);
    await expect(sockets.connect({ host: 'irc.example.org', port, signal })).rejects.toThrow('10.0.0.1');
  });

  it('say that nobody listens, that TLS fails and that the time is over, each as something that may pass', async () => {
    const sockets = new GuardedSockets(new AddressGuard(EVERYWHERE));
    const failing = (request: Partial<Parameters<GuardedSockets['connect']>[0]>): Promise<unknown> =>
      sockets.connect({ host: '127.0.0.1', port, signal, ...request }).catch((error: unknown) => error);
    expect(await failing({ port: 1 })).toMatchObject({ name: 'RequestFailed', code: 'ECONNREFUSED' });
    expect(await failing({ tls: true })).toMatchObject({ name: 'RequestFailed' });
    expect(await failing({ signal: AbortSignal.abort() })).toMatchObject({ code: 'interrupted' });
    const silent = await listen(() => undefined);
    expect(await failing({ port: silent, tls: true, timeoutMs: 50 })).toMatchObject({ code: 'timeout' });
  });
});
