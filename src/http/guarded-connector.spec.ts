import { createServer, type AddressInfo, type Server } from 'node:net';
import { AddressGuard } from './address-guard';
import { guardedConnector } from './guarded-connector';

/** Lets everything through the first time it is asked, as if the address had changed in between. */
class ForgetfulGuard extends AddressGuard {
  asked = 0;

  override whyRefused(address: string): string | null {
    this.asked += 1;
    return this.asked === 1 ? null : super.whyRefused(address);
  }
}

describe('guardedConnector', () => {
  let server: Server;
  let port: string;

  beforeEach(async () => {
    server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    port = String((server.address() as AddressInfo).port);
  });

  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it.each(['127.0.0.1', 'hook.test'])(
    'judges the connected address of %s once more before it is used',
    async (hostname) => {
      const guard = new ForgetfulGuard([]);
      const connect = guardedConnector(guard, 1_000, (_name, _options, done) => {
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      });
      const outcome = await new Promise((resolve) => {
        connect({ hostname, host: hostname, protocol: 'http:', port }, (error, socket) => resolve(error ?? socket));
      });
      expect(outcome).toMatchObject({ name: 'RequestRefused', message: expect.stringContaining('loopback') });
      expect(guard.asked).toBe(2);
    },
  );
});
