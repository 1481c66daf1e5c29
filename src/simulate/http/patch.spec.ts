import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { generateKeyPairSync } from 'node:crypto';
import { decode, verify } from 'jsonwebtoken';
import { closeConnections, patch } from './patch';
import { workerToken } from './token';

describe('a report over HTTP', () => {
  let server: Server;
  let url: URL;
  let status = 200;
  /** Bodies that came whole; those that broke off are told of as `broken`. */
  const heard: string[] = [];
  let next: () => void = () => undefined;

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (data: Buffer) => (body += data.toString()));
      request.on('end', () => {
        heard.push(body);
        response.writeHead(status).end('{"state":"whatever"}');
        next();
      });
      request.on('error', () => {
        heard.push('broken');
        next();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jobs/1/state`);
  });

  beforeEach(() => heard.splice(0));

  afterAll(async () => {
    closeConnections();
    server.close();
    await once(server, 'close');
  });

  const send = (fate: Parameters<typeof patch>[1]) =>
    patch({ url, authorization: 'Bearer x', body: '{"new":"received"}' }, fate);

  it.each([200, 409, 503])('brings the answer %i', async (answer) => {
    status = answer;
    await expect(send({ delayMs: 0, breaks: null })).resolves.toEqual({ kind: 'answered', status: answer });
    expect(heard).toEqual(['{"new":"received"}']);
  });

  it('may take its time', async () => {
    const began = performance.now();
    await send({ delayMs: 60, breaks: null });
    expect(performance.now() - began).toBeGreaterThanOrEqual(55);
    expect(heard).toEqual(['{"new":"received"}']);
  });

  it('is not heard when it breaks off half-way', async () => {
    const broken = new Promise<void>((resolve) => (next = resolve));
    await expect(send({ delayMs: 0, breaks: 'half_way' })).resolves.toEqual({ kind: 'not_heard' });
    await broken;
    expect(heard).toEqual(['broken']);
  });

  it('may have been heard when it breaks off before the answer', async () => {
    const came = new Promise<void>((resolve) => (next = resolve));
    await expect(send({ delayMs: 0, breaks: 'before_answer' })).resolves.toEqual({ kind: 'unknown' });
    await came;
    expect(heard).toEqual(['{"new":"received"}']);
  });

  it('is not known to have been heard when nobody listens', async () => {
    const nobody = patch(
      { url: new URL('http://127.0.0.1:1/'), authorization: '', body: '{}' },
      { delayMs: 0, breaks: null },
    );
    await expect(nobody).resolves.toEqual({ kind: 'unknown' });
  });
});

describe('the token of a worker', () => {
  it('is what the Job Board gives: RS512, for this job, for three hours', () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const token = workerToken(721270, pem, new Date());
    const inThreeHours = Math.floor(Date.now() / 1_000) + 10_800;

    expect(decode(token, { complete: true })?.header).toEqual({ alg: 'RS512', typ: 'JWT' });
    const { exp, ...claims } = verify(token, publicKey, { algorithms: ['RS512'] }) as Record<string, unknown>;
    expect(claims).toEqual({ iss: 'job-board/simulated', sub: '721270', site: 'org' });
    expect(Math.abs(Number(exp) - inThreeHours)).toBeLessThanOrEqual(1);
  });
});
