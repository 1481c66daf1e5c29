import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { inspect } from 'node:util';
import { RequestFailed, RequestRefused } from './errors';
import { GuardedHttp, type GuardedHttpOptions, type HttpResponse } from './guarded-http';
import type { ResolveAll } from './guarded-connector';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

const LIMITS = { body: 'the body', timeoutMs: 5_000 };

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('GuardedHttp', () => {
  let server: Server;
  let port: number;
  let seen: Seen[];
  let connections: number;
  let answer: (request: Seen, response: ServerResponse) => void;
  const clients: GuardedHttp[] = [];

  const client = (options: Partial<GuardedHttpOptions> = {}): GuardedHttp => {
    const made = new GuardedHttp({ allowedHosts: ['127.0.0.1'], ...options });
    clients.push(made);
    return made;
  };
  const url = (path = '/hook', host = '127.0.0.1'): string => `http://${host}:${port}${path}`;
  const failureOf = (sending: Promise<HttpResponse>): Promise<Error> =>
    sending.then(
      () => Promise.reject(new Error('the request was sent, but should have failed')),
      (error: unknown) => error as Error,
    );

  beforeEach(async () => {
    seen = [];
    connections = 0;
    answer = (_request, response) => response.end(' hello \n');
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const one = { method, url: path, headers, body: Buffer.concat(chunks).toString() };
        seen.push(one);
        answer(one, response);
      });
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((one) => one.close()));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('posts a body with headers and hands back status, headers and trimmed text', async () => {
    answer = (_request, response) => response.writeHead(201, { 'X-Answer': ['a', 'b'] }).end(' hello \n');
    const sent = await client().post(url('/hook?x=1'), { ...LIMITS, headers: { Signature: 'abc' } });
    expect(sent).toMatchObject({ status: 201, headers: { 'x-answer': 'a, b' }, text: 'hello', bodySent: true });
    expect(seen).toEqual([expect.objectContaining({ method: 'POST', url: '/hook?x=1', body: 'the body' })]);
    expect(seen[0]?.headers).toMatchObject({ signature: 'abc', host: `127.0.0.1:${port}`, 'content-length': '8' });
  });

  it('reuses its connections to an origin', async () => {
    const http = client();
    for (let round = 0; round < 6; round += 1) await http.post(url(), LIMITS);
    expect(seen).toHaveLength(6);
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('opens no more connections to one origin than it may', async () => {
    const http = client({ connectionsPerOrigin: 2 });
    await Promise.all(Array.from({ length: 10 }, () => http.post(url(), LIMITS)));
    expect(seen).toHaveLength(10);
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('takes new connections each minute, and ends what waits for the old ones', async () => {
    let now = 0;
    const open: ServerResponse[] = [];
    answer = (_request, response) => void open.push(response);
    const http = client({ connectionsPerOrigin: 2, now: () => now });
    const early = Array.from({ length: 5 }, () => http.post(url(), LIMITS));
    await until(() => open.length === 2);
    now = 60_000;
    const late = http.post(url(), LIMITS);
    await until(() => open.length === 3);
    expect(connections).toBe(3);
    answer = (_request, response) => response.end();
    for (const response of open) response.end();
    expect((await Promise.all([...early, late])).map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  describe('refuses to reach', () => {
    it.each([
      ['a literal address', '127.0.0.1'],
      ['a decimal address', '2130706433'],
      ['an octal address', '0177.0.0.1'],
      ['a hexadecimal address', '0x7f.1'],
      ['a short address', '127.1'],
      ['full-width digits', '１２７.０.０.１'],
      ['this host', '0.0.0.0'],
      ['an IPv6 loopback', '[::1]'],
      ['an IPv4-mapped address', '[::ffff:127.0.0.1]'],
      ['an IPv4-compatible address', '[::127.0.0.1]'],
      ['a NAT64 address', '[64:ff9b::7f00:1]'],
      ['a 6to4 address', '[2002:7f00:1::]'],
      ['the name localhost', 'localhost'],
      ['a percent-encoded name', '%6cocalhost'],
    ])('%s: %s', async (_what, host) => {
      const error = await failureOf(client({ allowedHosts: [] }).post(url('/', host), LIMITS));
      expect(error).toBeInstanceOf(RequestRefused);
      expect(error.message).toMatch(/an address that is .*Use a public url, or have an operator add/);
      expect(connections).toBe(0);
    });

    it('metadata services and other networks, at once', async () => {
      const http = client({ allowedHosts: [] });
      for (const host of ['169.254.169.254', '[fd00:ec2::254]', '10.0.0.1', '192.168.0.1', '100.64.0.1', '224.0.0.1']) {
        await expect(http.post(`http://${host}/latest/meta-data/`, LIMITS)).rejects.toBeInstanceOf(RequestRefused);
        await expect(http.post(`https://${host}/latest/meta-data/`, LIMITS)).rejects.toBeInstanceOf(RequestRefused);
      }
    });

    it('a name that points inside', async () => {
      const resolve: ResolveAll = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
      const error = await failureOf(client({ allowedHosts: [], resolve }).post(url('/', 'hook.test'), LIMITS));
      expect(error).toBeInstanceOf(RequestRefused);
      expect(error.message).toContain('hook.test points to 127.0.0.1, an address that is loopback');
      expect(connections).toBe(0);
    });
  });

  describe('names', () => {
    it('asks DNS once per connection and dials what that answer held, whatever DNS says afterwards', async () => {
      const answers = ['127.0.0.1', '10.0.0.1'];
      let asked = 0;
      const resolve: ResolveAll = (_name, _options, done) => {
        done(null, [{ address: answers[asked++] ?? '10.0.0.1', family: 4 }]);
      };
      await expect(client({ resolve }).post(url('/', 'rebind.test'), LIMITS)).resolves.toMatchObject({ status: 200 });
      expect(asked).toBe(1);
      await expect(client({ resolve }).post(url('/', 'rebind.test'), LIMITS)).rejects.toThrow('10.0.0.1');
      expect([asked, connections]).toEqual([2, 1]);
    });

    it('leaves out the internal ones of several addresses', async () => {
      const addresses = [
        { address: '10.255.255.1', family: 4 },
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ];
      const http = client({ resolve: (_name, _options, done) => done(null, addresses) });
      await expect(http.post(url('/', 'many.test'), LIMITS)).resolves.toMatchObject({ status: 200 });
    });

    it('reaches an allowed name wherever it points', async () => {
      const http = client({
        allowedHosts: ['LOCALHOST'],
        resolve: (_n, _o, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
      });
      await expect(http.post(url('/', 'localhost'), LIMITS)).resolves.toMatchObject({ status: 200 });
      await expect(http.post(url('/', 'other.test'), LIMITS)).rejects.toBeInstanceOf(RequestRefused);
    });

    it('fails, to be tried again, while a name is unknown or has no address', async () => {
      const unknown = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
      const gone = client({ resolve: (_name, _options, done) => done(unknown, []) });
      await expect(gone.post(url('/', 'gone.test'), LIMITS)).rejects.toMatchObject({
        name: 'RequestFailed',
        code: 'ENOTFOUND',
      });
      const empty = client({ resolve: (_name, _options, done) => done(null, []) });
      await expect(empty.post(url('/', 'empty.test'), LIMITS)).rejects.toThrow('empty.test has no address');
    });
  });

  describe('redirects', () => {
    const redirect =
      (status: number, location: string) =>
      (request: Seen, response: ServerResponse): unknown =>
        request.url === '/hook'
          ? response.writeHead(status, { Location: location }).end('moved')
          : response.end('there');

    it('repeats the POST after 307', async () => {
      answer = redirect(307, '/new');
      await expect(client().post(url(), LIMITS)).resolves.toMatchObject({ text: 'there', bodySent: true });
      expect(seen.map(({ method, url: path, body }) => `${method} ${path} ${body}`)).toEqual([
        'POST /hook the body',
        'POST /new the body',
      ]);
    });

    it('asks with GET after 302 and says that the body was left behind', async () => {
      answer = redirect(302, '/new');
      await expect(client().post(url(), LIMITS)).resolves.toMatchObject({ text: 'there', bodySent: false });
      expect(seen[1]).toMatchObject({ method: 'GET', body: '' });
    });

    it('checks the address of every hop', async () => {
      answer = redirect(307, 'http://169.254.169.254/latest/');
      const error = await failureOf(client().post(url(), LIMITS));
      expect(error).toBeInstanceOf(RequestRefused);
      expect(error.message).toContain('169.254.169.254');
    });

    it('refuses a redirect to a name that points inside', async () => {
      answer = redirect(308, `http://inside.test:${port}/new`);
      const http = client({ resolve: (_name, _options, done) => done(null, [{ address: '10.0.0.9', family: 4 }]) });
      await expect(http.post(url(), LIMITS)).rejects.toBeInstanceOf(RequestRefused);
      expect(seen).toHaveLength(1);
    });

    it('refuses a redirect to a file', async () => {
      answer = redirect(302, 'file:///etc/passwd');
      await expect(client().post(url(), LIMITS)).rejects.toThrow('only http: and https:');
    });

    it('gives up after five', async () => {
      answer = (_request, response) => response.writeHead(307, { Location: '/hook' }).end();
      await expect(client().post(url(), LIMITS)).rejects.toThrow('redirects more than 5 times');
      expect(seen).toHaveLength(6);
    });

    it('keeps credentials from another origin', async () => {
      answer = redirect(307, `http://other.test:${port}/new`);
      const http = client({ resolve: (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) });
      await http.post(`http://user:pass@127.0.0.1:${port}/hook`, LIMITS);
      expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Basic ${btoa('user:pass')}`, undefined]);
    });
  });

  describe('limits', () => {
    it('ends when the time is over', async () => {
      answer = () => undefined;
      const error = await failureOf(client().post(url(), { ...LIMITS, timeoutMs: 50 }));
      expect(error).toMatchObject({ name: 'RequestFailed', code: 'timeout' });
      expect(error.message).toBe(`http://127.0.0.1:${port} did not answer within 50 ms.`);
    });

    it('ends when the time is over, also while it waits for a connection', async () => {
      answer = () => undefined;
      const http = client({ connectionsPerOrigin: 1 });
      // Longer than a test may take: the other one must not end only because this one does.
      const first = failureOf(http.post(url(), { ...LIMITS, timeoutMs: 60_000 }));
      await until(() => seen.length === 1);
      await expect(http.post(url(), { ...LIMITS, timeoutMs: 50 })).rejects.toMatchObject({ code: 'timeout' });
      await http.close();
      expect(await first).toMatchObject({ name: 'RequestFailed' });
    });

    it('counts redirects into the time', async () => {
      answer = (request, response) => {
        if (request.url === '/hook') response.writeHead(307, { Location: '/slow' }).end();
      };
      await expect(client().post(url(), { ...LIMITS, timeoutMs: 100 })).rejects.toMatchObject({ code: 'timeout' });
      expect(seen).toHaveLength(2);
    });

    it('ends when the caller says so, before and during the request', async () => {
      answer = () => controller.abort();
      const controller = new AbortController();
      const http = client();
      const during = await failureOf(http.post(url(), { ...LIMITS, signal: controller.signal }));
      expect(during).toMatchObject({ name: 'RequestFailed', code: 'interrupted' });
      const before = await failureOf(http.post(url(), { ...LIMITS, signal: controller.signal }));
      expect(before).toMatchObject({ name: 'RequestFailed', code: 'interrupted' });
      expect(seen).toHaveLength(1);
    });

    it('reads no more of an answer than it may', async () => {
      answer = (_request, response) => {
        const more = (): void => {
          while (response.write('x'.repeat(10_000)));
        };
        response.on('drain', more);
        more();
      };
      const { status, text } = await client().post(url(), { ...LIMITS, maxResponseBytes: 1_000 });
      expect([status, text.length]).toEqual([200, 1_000]);
    });

    it('keeps the status when the body breaks off or never ends', async () => {
      answer = (request, response) => {
        response.writeHead(200, { 'Content-Length': '100' }).write('partly');
        if (request.url === '/breaks') setImmediate(() => response.destroy());
      };
      const http = client();
      await expect(http.post(url('/breaks'), LIMITS)).resolves.toMatchObject({ status: 200 });
      await expect(http.post(url('/hangs'), { ...LIMITS, timeoutMs: 100 })).resolves.toMatchObject({
        status: 200,
        text: 'partly',
      });
    });
  });

  describe('failures', () => {
    it('says that nothing listens', async () => {
      const free = createTcpServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => free.once('listening', resolve));
      const { port: closed } = free.address() as AddressInfo;
      await new Promise((resolve) => free.close(resolve));
      const error = await failureOf(client().post(`http://127.0.0.1:${closed}/`, LIMITS));
      expect(error).toBeInstanceOf(RequestFailed);
      expect(error.message).toContain('nothing listens there (ECONNREFUSED)');
    });

    it('fails, to be tried again, when the connection is cut', async () => {
      answer = (_request, response) => response.destroy();
      await expect(client().post(url(), LIMITS)).rejects.toBeInstanceOf(RequestFailed);
    });

    it('fails on a server that does not speak TLS', async () => {
      await expect(client().post(url().replace('http:', 'https:'), LIMITS)).rejects.toBeInstanceOf(RequestFailed);
    });

    it('refuses headers that would smuggle lines', async () => {
      const headers = { 'Travis-Repo-Slug': 'a/b\r\nX-Evil: 1' };
      await expect(client().post(url(), { ...LIMITS, headers })).rejects.toBeInstanceOf(RequestRefused);
      expect(seen).toHaveLength(0);
    });

    it('never shows credentials, path or query of a url in an error', async () => {
      answer = (_request, response) => response.destroy();
      const secret = (host: string): string => `http://hunter2:hunter3@${host}/hunter4?token=hunter5`;
      const http = client({ allowedHosts: ['127.0.0.1'] });
      const urls = [
        secret(`127.0.0.1:${port}`),
        secret('10.0.0.1'),
        secret('127.0.0.1:1'),
        'ftp://hunter2@x/',
        'hunter2',
      ];
      const errors = await Promise.all(urls.map((one) => failureOf(http.post(one, LIMITS))));
      expect(inspect(errors, { depth: 20, showHidden: true })).not.toContain('hunter');
    });

    it('fails once it is closed', async () => {
      const http = client();
      await http.close();
      await expect(http.post(url(), LIMITS)).rejects.toBeInstanceOf(RequestFailed);
    });
  });
});
