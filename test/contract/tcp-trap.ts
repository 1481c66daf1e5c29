import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Listens and serves nobody: it keeps connections open in silence, or closes each at once. */
export class TcpTrap {
  private readonly open = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(behaviour: 'silent' | 'cut'): Promise<TcpTrap> {
    const server = createServer();
    const trap = new TcpTrap(server);
    server.on('connection', (socket) => {
      trap.open.add(socket.on('error', () => undefined).on('close', () => trap.open.delete(socket)));
      if (behaviour === 'cut') socket.destroy();
      else socket.resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return trap;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves when somebody has connected. */
  async visited(): Promise<void> {
    if (this.open.size === 0) await once(this.server, 'connection');
  }

  async stop(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
