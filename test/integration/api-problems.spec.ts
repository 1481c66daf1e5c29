import { Client } from 'pg';
import { StoppingError, Batcher } from '../../src/intake';
import { TcpProxy } from '../support/tcp-proxy';
import { basic, buildBody, startApiApp, type ApiApp } from './api-app';

describe('problems of the API', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  describe('credentials', () => {
    it.each([
      ['none', undefined],
      ['a wrong password', basic('alice', 'builder')],
      ['an unknown user', basic('carol', 'wonderland')],
      ['another scheme', 'Bearer wonderland'],
      ['text that is no base64', 'Basic ?'],
    ])('asks for them when there are %s', async (_, header) => {
      const call = hub.anonymous('get', '/api/builds');
      const answer = await (header === undefined ? call : call.set('Authorization', header));
      expect(answer.status).toBe(401);
      expect(answer.type).toBe('application/problem+json');
      expect(answer.headers['www-authenticate']).toContain('Basic realm="hub"');
      expect(answer.body).toMatchObject({ type: 'urn:hub:problem:unauthorized', status: 401 });
    });

    it('are asked for at every address of the API', async () => {
      const paths = ['/api/builds/1', '/api/jobs/1', '/api/jobs/1/timeline', '/api/openapi.yaml'];
      const posts = [
        '/api/builds',
        '/api/builds/1/cancel',
        '/api/builds/1/restart',
        '/api/jobs/1/cancel',
        '/api/jobs/1/restart',
      ];
      for (const path of paths) expect((await hub.anonymous('get', path)).status).toBe(401);
      for (const path of [...posts, '/api/jobs/1/queue']) expect((await hub.anonymous('post', path)).status).toBe(401);
    });

    it('are accepted from every user', async () => {
      for (const header of [basic('alice', 'wonderland'), basic('bob', 'builder')]) {
        expect((await hub.anonymous('get', '/api/builds').set('Authorization', header)).status).toBe(200);
      }
    });

    it('are not asked for where a probe looks', async () => {
      expect((await hub.anonymous('get', '/health/live')).status).toBe(200);
    });
  });

  describe('bodies that cannot be used', () => {
    const send = (body: string | Buffer, type = 'application/json') =>
      hub
        .anonymous('post', '/api/builds')
        .set('Authorization', basic('alice', 'wonderland'))
        .set('Content-Type', type)
        .send(body);
    const valid = JSON.stringify(buildBody());

    it.each([
      ['JSON that ends too early', '{"repository":', 400],
      ['an empty body', '', 400],
      ['null', 'null', 400],
      ['a list', '[]', 400],
      ['nothing but an object', '{}', 400],
      ['a NUL character', valid.replace('main', 'ma\\u0000in'), 400],
      ['a NUL character in a config', valid.replace('"jobs":[{}]', '"jobs":[{"config":{"a":["\\u0000"]}}]'), 400],
      ['half of a surrogate pair', valid.replace('main', '\\ud800'), 400],
      ['a number beyond all bounds', valid.replace('"jobs":[{}]', '"jobs":[{"config":{"a":1e999}}]'), 400],
      ['an id beyond the column', valid.replace('{"owner_name":"octo","name":"app"}', '{"id":992000000000}'), 400],
      [
        'nesting without end',
        valid.replace('"jobs":[{}]', `"jobs":[{"config":{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}}]`),
        400,
      ],
      ['more than the limit', valid.replace('Mend', 'x'.repeat(200_000)), 413],
    ])('answers %s with a problem', async (_, body, status) => {
      const answer = await send(body);
      expect(answer.status).toBe(status);
      expect(answer.type).toBe('application/problem+json');
      expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
      expect(JSON.stringify(answer.body)).not.toMatch(/\bat .*\.[jt]s/);
    });

    it.each(['application/x-www-form-urlencoded', 'text/plain', 'application/xml', 'application/json; charset=latin1'])(
      'answers 415 to %s',
      async (type) => {
        expect((await send(valid, type)).status).toBe(415);
      },
    );

    it('answers 415 to an encoding it does not know', async () => {
      const answer = await send(valid).set('Content-Encoding', 'rot13');
      expect(answer.status).toBe(415);
    });

    it('names every mistake and its place', async () => {
      const answer = await hub.post(
        '/api/builds',
        buildBody({ commit: { sha: 'HEAD' }, jobs: [{ queue: 5 }], brunch: 'x' }),
      );
      expect(answer.status).toBe(400);
      const { errors } = answer.body as { errors: { path: string; message: string }[] };
      expect(errors.map((error) => error.path).sort()).toEqual(['', 'commit.sha', 'jobs.0.queue']);
    });

    it('shows some of a thousand mistakes', async () => {
      const jobs = Array.from({ length: 1_000 }, () => ({ queue: 5 }));
      const { errors } = (await hub.post('/api/builds', buildBody({ jobs }))).body as { errors: unknown[] };
      expect(errors).toHaveLength(20);
    });
  });

  it('answers an unknown address and an unreadable one', async () => {
    expect((await hub.get('/api/nothing')).body).toMatchObject({
      status: 404,
      detail: expect.stringContaining('/api/nothing'),
    });
    expect((await hub.get('/api/builds/%E0%A4%A')).status).toBe(400);
    expect((await hub.get('/api/jobs/1/queue')).status).toBe(404);
  });

  it('asks to come again while Hub is stopping', async () => {
    const submit = jest
      .spyOn(hub.app.get(Batcher, { strict: false }), 'submit')
      .mockRejectedValueOnce(new StoppingError());
    const answer = await hub.post('/api/jobs/1/cancel');
    submit.mockRestore();
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
    expect(answer.body).toMatchObject({
      type: 'urn:hub:problem:unavailable',
      detail: expect.stringContaining('stopping'),
    });
  });

  it('asks to come again when somebody holds the repository for too long', async () => {
    await hub.post('/api/builds', buildBody());
    const holder = new Client({ connectionString: hub.database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT id FROM repositories FOR UPDATE');
    const answer = await hub.post('/api/builds', buildBody());
    await holder.end();
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('hides what went wrong inside', async () => {
    jest.spyOn(hub.app.get(Batcher, { strict: false }), 'submit').mockRejectedValueOnce(new Error('password=hunter2'));
    const answer = await hub.post('/api/jobs/1/cancel');
    expect(answer.status).toBe(500);
    expect(answer.body).toMatchObject({ type: 'urn:hub:problem:internal-error' });
    expect(answer.text).not.toContain('hunter2');
  });
});

describe('the API while the database is away', () => {
  it('answers 503, and works again by itself when it is back', async () => {
    let proxy: TcpProxy | undefined;
    const hub = await startApiApp({}, { through: async (url) => (proxy = await TcpProxy.start(url)).url });
    try {
      proxy?.cut();
      for (const call of [
        hub.get('/api/builds'),
        hub.post('/api/builds', buildBody()),
        hub.post('/api/jobs/1/queue'),
      ]) {
        const answer = await call;
        expect(answer.status).toBe(503);
        expect(answer.headers['retry-after']).toBe('5');
      }
      proxy?.restore();
      expect((await hub.post('/api/builds', buildBody())).status).toBe(201);
    } finally {
      await hub.close();
      await proxy?.close();
    }
  });
});
