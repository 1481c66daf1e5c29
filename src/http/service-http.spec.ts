import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { RequestFailed } from './errors';
import type { HttpResponse } from './guarded-http';
import { ServiceHttp, type ServiceRequest } from './service-http';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('ServiceHttp', () => {
  let server: Server;
  let client: ServiceHttp;
  let origin: string;
  let seen: { method: string; url: string; headers: IncomingMessage['headers'] }[];
  let answer: (response: ServerResponse) => void;
  const never = () => undefined;

  beforeEach(async () => {
    client = new ServiceHttp();
    seen = [];
    answer = (response) => response.writeHead(204).end();
    server = createServer(({ method = '', url = '', headers }, response) => {
      seen.push({ method, url, headers });
      answer(response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const { signal } = new AbortController();
  const send = (changes: Partial<ServiceRequest> = {}): Promise<HttpResponse> =>
    client.send({ method: 'DELETE', url: origin, headers: {}, body: null, timeoutMs: 5_000, signal, ...changes });
  const failureOf = (sending: Promise<HttpResponse>): Promise<RequestFailed> =>
    sending.then(
      () => Promise.reject(new Error('the request was answered, but should have failed')),
      (error: unknown) => error as RequestFailed,
    );

  it('reaches internal addresses, with user and password of the url as Basic authentication', async () => {
    const url = origin.replace('//', '//us%40er:pass%3Aword@');
    expect((await send({ url: `${url}/jobs/1?source=hub` })).status).toBe(204);
    const authorization = `Basic ${Buffer.from('us@er:pass:word').toString('base64')}`;
    expect(seen).toMatchObject([{ method: 'DELETE', url: '/jobs/1?source=hub', headers: { authorization } }]);
  });

  it('prefers the credentials of the headers', async () => {
    await send({ url: origin.replace('//', '//user:password@'), headers: { Authorization: 'token x' } });
    expect(seen[0]?.headers.authorization).toBe('token x');
  });

  it('follows no redirect: credentials go nowhere else', async () => {
    answer = (response) => response.writeHead(307, { Location: `${origin}/elsewhere` }).end();
    expect((await send({ headers: { Authorization: 'token x' } })).status).toBe(307);
    expect(seen).toHaveLength(1);
  });

  it('names neither credentials nor path when nobody listens', async () => {
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureOf(send({ url: `${origin.replace('//', '//user:leak@')}/leak?leak` }));
    expect(failure).toBeInstanceOf(RequestFailed);
    expect(failure.message).toMatch(/^http:\/\/127\.0\.0\.1:\d+ cannot be reached: nothing listens there/);
    expect(inspect(failure)).not.toContain('leak');
  });

  it('lets one request at a time ask a service that kept one waiting in vain, until it answers', async () => {
    answer = never;
    expect(await failureOf(send({ timeoutMs: 50 }))).toMatchObject({ code: 'timeout' });
    const probe = send();
    expect(await failureOf(send())).toMatchObject({ code: 'busy', message: expect.stringContaining('did not answer') });
    await until(() => seen.length === 2);

    server.closeAllConnections();
    await failureOf(probe);
    answer = (response) => response.writeHead(204).end();
    expect((await send()).status).toBe(204);
    expect((await Promise.all([send(), send()])).map(({ status }) => status)).toEqual([204, 204]);
  });

  it('asks on, several at a time, when a service says no or is not there', async () => {
    answer = (response) => response.writeHead(503).end();
    await send();
    server.closeAllConnections();
    answer = (response) => response.destroy();
    expect(await failureOf(send())).toMatchObject({ code: expect.not.stringMatching('timeout|busy') });
    answer = (response) => response.writeHead(204).end();
    expect((await Promise.all([send(), send()])).map(({ status }) => status)).toEqual([204, 204]);
  });

  it('takes no more than it may have in hand: the rest of the delivery loop is for others', async () => {
    answer = never;
    const waiting = Array.from({ length: 100 }, () => {
      const stop = new AbortController();
      return { stop, failure: failureOf(send({ signal: stop.signal })) };
    });
    expect(await failureOf(send())).toMatchObject({ code: 'busy', message: expect.stringContaining('100 requests') });
    await until(() => seen.length > 0);
    for (const { stop } of waiting) stop.abort();
    const codes = await Promise.all(waiting.map(async ({ failure }) => (await failure).code));
    expect(new Set(codes)).toEqual(new Set(['interrupted']));
  });
});
