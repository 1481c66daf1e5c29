import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createClient } from '@redis/client';
import { decode, sign, verify, type JwtPayload } from 'jsonwebtoken';
import request, { type Test as Call } from 'supertest';
import { basic, buildBody, startApiApp, type ApiApp } from '../integration/api-app';
import { Batcher } from '../../src/intake';
import { eventually } from '../support';
import { services } from '../support/services';
import { TcpProxy } from '../support/tcp-proxy';

const key = pair();
const otherKey = pair();
const KEYS = { JWT_RSA_PUBLIC_KEY: key.publicKey, JWT_RSA_PRIVATE_KEY: Buffer.from(key.privateKey).toString('base64') };

/** The times of a worker in HTTP mode: whole seconds, UTC. */
const TIMES = { queued_at: '2018-05-14T14:26:50Z', received_at: '2018-05-14T14:26:51Z' };

describe('the HTTP API of workers', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp(KEYS);
  });
  afterAll(() => hub.close());

  async function newJob(): Promise<number> {
    const answer = await hub.post('/api/builds', buildBody());
    return (answer.body as { jobs: { id: number }[] }).jobs[0]?.id ?? 0;
  }
  async function queuedJob(): Promise<number> {
    const job = await newJob();
    await hub.post(`/api/jobs/${job}/queue`, { queued_at: '2017-01-10T05:36:10Z' });
    return job;
  }
  const call = (method: 'patch' | 'post' | 'get', path: string): Call => request(hub.app.getHttpServer())[method](path);
  const patch = (job: number | string, body: object, authorization = `Bearer ${jobBoardToken(job)}`): Call =>
    call('patch', `/jobs/${job}/state`).set('Authorization', authorization).send(body);
  const stateOf = async (job: number) =>
    (await hub.rows<{ state: string }>('SELECT state FROM jobs WHERE id = $1', job))[0]?.state;
  const eventsOf = async (job: number) =>
    (await hub.rows<{ name: string }>('SELECT name FROM hub.events WHERE job_id = $1 ORDER BY seq', job)).map(
      ({ name }) => name,
    );

  describe('authentication', () => {
    const OPEN = () => ({ cur: 'queued', new: 'received' });

    it('asks for credentials as Travis Hub does', async () => {
      for (const [method, path] of [
        ['patch', '/jobs/1/state'],
        ['post', '/jobs/1/token'],
        ['post', '/jobs/1/events'],
        ['get', '/uptime'],
      ] as const) {
        const answer = await call(method, path);
        expect([path, answer.status, answer.headers['www-authenticate'], answer.text]).toEqual([
          path,
          401,
          'Basic realm="travis-hub"',
          '',
        ]);
      }
    });

    it.each([
      ['a scheme nobody uses', () => 'Digest abc', 400],
      ['a wrong password', () => basic('alice', 'wrong'), 401],
      ['Basic without credentials', () => 'Basic', 401],
      ['no token', () => 'Bearer', 403],
      ['a token that is none', () => 'Bearer abc.def.ghi', 403],
      ['another key', (job: number) => `Bearer ${jobBoardToken(job, {}, otherKey.privateKey)}`, 403],
      ['an expired token', (job: number) => `Bearer ${jobBoardToken(job, { exp: now() - 1 })}`, 403],
      ['a token that never ends', (job: number) => `Bearer ${jobBoardToken(job, { exp: undefined })}`, 403],
      ['a token about another job', (job: number) => `Bearer ${jobBoardToken(job + 1)}`, 403],
      ['a token about nobody', (job: number) => `Bearer ${jobBoardToken(job, { sub: undefined })}`, 403],
      ['a subject with a zero before it', (job: number) => `Bearer ${jobBoardToken(job, { sub: `0${job}` })}`, 403],
      ['a list as its subject', (job: number) => `Bearer ${jobBoardToken(job, { sub: [String(job)] })}`, 403],
      ['RS256', (job: number) => `Bearer ${sign(claims(job), key.privateKey, { algorithm: 'RS256' })}`, 403],
      ['no algorithm', (job: number) => `Bearer ${unsigned(job, { alg: 'none' })}.`, 403],
      ['HS512 with the public key as its secret', (job: number) => `Bearer ${forged(job)}`, 403],
      ['a refresh token as Bearer', (job: number) => `Bearer ${refreshToken(job)}`, 403],
      ['a refresh token as it is meant', (job: number) => `Refresh ${refreshToken(job)}`, 401],
      ['an access token', (job: number) => `Access ${jobBoardToken(job, { typ: 'access' })}`, 401],
    ])('refuses %s, with an empty answer, and changes nothing', async (_, authorization, status) => {
      const job = await queuedJob();
      const answer = await patch(job, OPEN(), authorization(job));
      expect([answer.status, answer.text, answer.headers['content-type']]).toEqual([
        status,
        '',
        'text/plain; charset=utf-8',
      ]);
      expect(await stateOf(job)).toBe('queued');
    });

    it.each([
      ['the token of the Job Board', (job: number) => `Bearer ${jobBoardToken(job)}`],
      ['a subject that is a number', (job: number) => `Bearer ${jobBoardToken(job, { sub: job })}`],
      ['any case of the scheme', (job: number) => `bEARER ${jobBoardToken(job)}`],
      ['Basic credentials', () => basic('bob', 'builder')],
    ])('accepts %s', async (_, authorization) => {
      const job = await queuedJob();
      await patch(job, OPEN(), authorization(job)).expect(200, { state: 'received' });
    });
  });

  describe('PATCH /jobs/:id/state', () => {
    it('takes a job from received to passed, as a worker reports it', async () => {
      const job = await queuedJob();
      const step = (state: string, count: number, times: object) =>
        patch(job, { id: job, state, cur: 'x', new: state, meta: { state_update_count: count }, ...TIMES, ...times });
      await step('received', 1, {}).expect(200, { state: 'received' });
      await step('started', 2, { started_at: '2018-05-14T14:27:20Z' }).expect(200, { state: 'started' });
      await step('passed', 3, { finished_at: '2018-05-14T14:30:00Z' }).expect(200, { state: 'passed' });
      const [row] = await hub.rows('SELECT state, received_at, started_at, finished_at FROM jobs WHERE id = $1', job);
      expect(row).toEqual({
        state: 'passed',
        received_at: '2018-05-14T14:26:51',
        started_at: '2018-05-14T14:27:20',
        finished_at: '2018-05-14T14:30:00',
      });
      expect(await eventsOf(job)).toEqual(['job:created', 'job:received', 'job:started', 'job:finished']);
    });

    it.each([
      ['created', 'created'],
      ['received', 'received'],
      ['started', 'started'],
      ['passed', 'passed'],
      ['failed', 'failed'],
      ['errored', 'errored'],
      ['cancelled', 'canceled'],
      ['canceled', 'canceled'],
    ])('reads new: %s', async (reported, state) => {
      const job = await queuedJob();
      await patch(job, { new: reported }).expect(200, { state });
      expect(await stateOf(job)).toBe(state);
    });

    it.each([
      ['started', 'received', 'started'],
      ['passed', 'started', 'passed'],
      ['passed', 'failed', 'passed'],
    ])('answers 409 with the state when a job that is %s is reported %s', async (before, reported, state) => {
      const job = await queuedJob();
      await patch(job, { new: before });
      await patch(job, { new: reported }).expect(409, { state });
    });

    it('answers 409 about a job that was canceled, so that its worker stops', async () => {
      const job = await queuedJob();
      await hub.post(`/api/jobs/${job}/cancel`);
      for (const state of ['received', 'started', 'passed', 'cancelled', 'created']) {
        await patch(job, { new: state }).expect(409, { state: 'canceled' });
      }
    });

    it('answers a second worker 409, so that only one runs the job', async () => {
      const job = await queuedJob();
      await patch(job, { new: 'received', ...TIMES }).expect(200);
      await patch(job, { new: 'received', ...TIMES, received_at: '2018-05-14T14:26:52Z' }).expect(409);
    });

    it('answers a report that comes twice 200 and then 409, as it always did', async () => {
      const job = await queuedJob();
      const authorization = `Bearer ${jobBoardToken(job)}`;
      const body = { new: 'received', meta: { state_update_count: 1 }, ...TIMES };
      await patch(job, body, authorization).expect(200, { state: 'received' });
      await patch(job, body, authorization).expect(409, { state: 'received' });
      expect(await eventsOf(job)).toEqual(['job:created', 'job:received']);
    });

    it('understands workers of 2016 and 2017: times without _at, nanoseconds, zero times', async () => {
      const job = await queuedJob();
      const zero = '0001-01-01T00:00:00Z';
      const received = '2017-01-10T05:36:12.123456789Z';
      await patch(job, { cur: 'queued', new: 'received', received, started: zero }).expect(200);
      const [row] = await hub.rows('SELECT received_at, started_at FROM jobs WHERE id = $1', job);
      expect(row).toEqual({ received_at: '2017-01-10T05:36:12.123', started_at: null });
    });

    it('goes by the path, whatever id and state the body names', async () => {
      const [job, other] = [await queuedJob(), await queuedJob()];
      await patch(job, { id: other, state: 'passed', new: 'started' }).expect(200, { state: 'started' });
      expect(await stateOf(other)).toBe('queued');
    });

    it.each([
      ['no JSON', 'new=passed', 'text/plain'],
      ['broken JSON', '{"new":', 'application/json'],
      ['a list', '[]', 'application/json'],
      ['no body', '', 'application/json'],
      ['no state', '{}', 'application/json'],
      ['a state no worker reports', '{"new":"queued"}', 'application/json'],
      ['a name of JavaScript', '{"new":"__proto__"}', 'application/json'],
      ['SQL', '{"new":"passed\'; DROP TABLE jobs; --"}', 'application/json'],
      ['an object for a state', '{"new":{"$ne":1}}', 'application/json'],
    ])('answers 400 to %s and changes nothing', async (_, body, type) => {
      const job = await queuedJob();
      const report = call('patch', `/jobs/${job}/state`).set('Authorization', `Bearer ${jobBoardToken(job)}`);
      // As it is: after another body it would be appended to that one.
      const answer = await (body === '' ? report.send() : report.set('Content-Type', type).send(body));
      expect(answer.status).toBe(400);
      expect(answer.text).not.toMatch(/ at .*\.(js|ts):\d/);
      expect(await stateOf(job)).toBe('queued');
    });

    it('answers 413 to a body that is too large', async () => {
      const job = await queuedJob();
      await patch(job, { new: 'passed', filler: 'x'.repeat(300_000) }).expect(413);
      expect(await stateOf(job)).toBe('queued');
    });

    it('drops what is unusable in a body, and takes the rest', async () => {
      const job = await queuedJob();
      const odd = {
        started_at: 'NUL \u0000',
        vm_size: 'a\u0000b',
        meta: 1e300,
        received_at: 1e308,
        queued_at: { a: [] },
      };
      await patch(job, { new: 'started', ...odd }).expect(200, { state: 'started' });
    });

    it.each(['0', '-1', '1e3', '007', '9007199254740993', '99999999999999999999', "1'--", '%00', 'abc'])(
      'answers 404 to the id %s',
      async (id) => {
        await patch(id, { new: 'passed' }, basic('alice', 'wonderland')).expect(404);
      },
    );

    it('answers 404 for a job that is not there', async () => {
      await patch(2_000_000_000, { new: 'passed' }).expect(404);
    });
  });

  describe('POST /jobs/:id/token', () => {
    const ask = (job: number, authorization: string) =>
      call('post', `/jobs/${job}/token`).set('Authorization', authorization).set('Content-Type', 'application/json');

    it.each([
      ['a number', (job: number) => job],
      ['text', (job: number) => String(job)],
    ])('gives an access token about the same subject, %s', async (_, subject) => {
      const job = await newJob();
      const answer = await ask(job, `Refresh ${refreshToken(job, { sub: subject(job) })}`).expect(200);
      const claimed = verify(answer.text, key.publicKey, { algorithms: ['RS512'] }) as JwtPayload;
      expect(claimed).toEqual({ iss: 'hub', typ: 'access', sub: subject(job), site: 'org', exp: claimed.exp });
      expect((claimed.exp ?? 0) - now()).toBeGreaterThan(10_790);
      expect(decode(answer.text, { complete: true })?.header.alg).toBe('RS512');
    });

    it('takes a refresh token once, also from two at the same moment', async () => {
      const job = await newJob();
      const authorization = `Refresh ${refreshToken(job)}`;
      const answers = await Promise.all(Array.from({ length: 6 }, () => ask(job, authorization)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403, 403]);
      await ask(job, authorization).expect(403, '');
    });

    it.each([
      ['Basic credentials', () => basic('alice', 'wonderland'), 401],
      ['another scheme', (job: number) => `Bearer ${jobBoardToken(job)}`, 401],
      ['another typ', (job: number) => `Refresh ${refreshToken(job, { typ: 'access' })}`, 403],
      ['no typ', (job: number) => `Refresh ${refreshToken(job, { typ: undefined })}`, 403],
      ['another job', (job: number) => `Refresh ${refreshToken(job + 1)}`, 403],
      ['no rand', (job: number) => `Refresh ${refreshToken(job, { rand: undefined })}`, 403],
      ['a rand that is no text', (job: number) => `Refresh ${refreshToken(job, { rand: { a: 1 } })}`, 403],
      ['an expired token', (job: number) => `Refresh ${refreshToken(job, { exp: now() - 1 })}`, 403],
      [
        'another key',
        (job: number) => `Refresh ${jobBoardToken(job, { typ: 'refresh', rand: 'r' }, otherKey.privateKey)}`,
        403,
      ],
      ['SQL as its subject', (job: number) => `Refresh ${refreshToken(job, { sub: `${job} OR 1=1` })}`, 403],
      ['a huge number as its subject', (job: number) => `Refresh ${refreshToken(job, { sub: 1e300 })}`, 403],
      ['SQL as its rand', (job: number) => `Refresh ${refreshToken(job, { rand: `' OR 1=1 --` })}`, 403],
      ['a rand without end', (job: number) => `Refresh ${refreshToken(job, { rand: 'x'.repeat(2_000) })}`, 403],
      ['an unknown scheme', () => 'Digest abc', 400],
    ])('refuses %s', async (_, authorization, status) => {
      const job = await newJob();
      await ask(job, authorization(job)).expect(status, '');
    });
  });

  describe('POST /jobs/:id/events', () => {
    const DEPLOY = {
      event: 'deploy:finished',
      payload: { job_id: 1, provider: 'heroku', status: '0', edge: true },
      datetime: '2019-09-13 12:00:00 UTC',
    };
    const tell = (job: number, body: object, authorization = `Access ${accessToken(job)}`) =>
      call('post', `/jobs/${job}/events`).set('Authorization', authorization).send(body);

    it('keeps a deploy as an event of the job in the path, where its timeline shows it', async () => {
      const job = await queuedJob();
      await tell(job, DEPLOY).expect(200, '');
      const [event] = await hub.rows(
        `SELECT name, seq, snapshot -> 'deploy' AS deploy, planned_at IS NOT NULL AS planned FROM hub.events
          WHERE job_id = $1 ORDER BY seq DESC LIMIT 1`,
        job,
      );
      expect(event).toEqual({
        name: 'deploy:finished',
        seq: 3,
        deploy: { provider: 'heroku', strategy: 'api', passed: true, edge: true },
        planned: true,
      });
      const timeline = (await hub.get(`/api/jobs/${job}/timeline`)).body as { events: { event: string }[] };
      expect(timeline.events.map(({ event: name }) => name)).toEqual(['job:created', 'deploy:finished']);
      expect(await stateOf(job)).toBe('queued');
    });

    it('keeps it once when the agent tries again, and again when it happens again', async () => {
      const job = await newJob();
      const authorization = `Access ${accessToken(job)}`;
      await tell(job, DEPLOY, authorization).expect(200);
      await tell(job, DEPLOY, authorization).expect(200);
      expect(await eventsOf(job)).toEqual(['job:created', 'deploy:finished']);
      await tell(job, { ...DEPLOY, datetime: '2019-09-13 12:00:01 UTC' }, authorization).expect(200);
      expect(await eventsOf(job)).toHaveLength(3);
    });

    it.each(['build:cancel', 'job:finish', 'deploy', 'deploy:', 'deploy:a;b', 7, null])(
      'refuses the event %j',
      async (event) => {
        const job = await newJob();
        await tell(job, { ...DEPLOY, event }).expect(403, '');
        expect(await eventsOf(job)).toEqual(['job:created']);
      },
    );

    it.each([
      ['Basic credentials', () => basic('alice', 'wonderland'), 401],
      ['the token of the Job Board', (job: number) => `Bearer ${jobBoardToken(job)}`, 401],
      ['a token of the Job Board that is called an access token', (job: number) => `Access ${jobBoardToken(job)}`, 403],
      ['another job', (job: number) => `Access ${accessToken(job + 1)}`, 403],
    ])('refuses %s', async (_, authorization, status) => {
      const job = await newJob();
      await tell(job, DEPLOY, authorization(job)).expect(status, '');
    });

    it.each([
      ['no JSON', 'event=deploy:finished', 'text/plain', 403],
      ['broken JSON', '{"event":', 'application/json', 400],
      ['a list', '["deploy:finished"]', 'application/json', 403],
      ['a list for a payload', '{"event":"deploy:finished","payload":[1]}', 'application/json', 400],
      ['SQL for an event', `{"event":"deploy:x'; DROP TABLE jobs; --"}`, 'application/json', 403],
      ['a name of JavaScript for an event', '{"event":"__proto__"}', 'application/json', 403],
      ['what is too large', `{"event":"deploy:finished","x":"${'x'.repeat(300_000)}"}`, 'application/json', 413],
    ])('refuses %s, without a trace of its code, and keeps nothing', async (_what, body, type, status) => {
      const job = await newJob();
      const report = call('post', `/jobs/${job}/events`).set('Authorization', `Access ${accessToken(job)}`);
      const answer = await report.set('Content-Type', type).send(body);
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(/ at .*\.(js|ts):\d/);
      expect(await eventsOf(job)).toEqual(['job:created']);
    });

    it('keeps of odd details what can be kept', async () => {
      const job = await newJob();
      const payload = { job_id: 1e300, provider: 'a\u0000b', strategy: { a: [] }, status: 1e308, edge: "' OR 1=1" };
      await tell(job, { event: 'deploy:finished', payload }).expect(200);
      expect(await eventsOf(job)).toEqual(['job:created', 'deploy:finished']);
    });

    it('answers 400 to a payload that is no object, and 404 for a job that is not there', async () => {
      await tell(await newJob(), { ...DEPLOY, payload: [1] }).expect(400);
      await tell(2_000_000_000, DEPLOY).expect(404);
    });
  });

  it('says how long it has run, to whoever has credentials', async () => {
    for (const authorization of [basic('alice', 'wonderland'), `Bearer ${jobBoardToken(7)}`]) {
      const answer = await call('get', '/uptime').set('Authorization', authorization).expect(200);
      expect(answer.text).toMatch(/^\d+$/);
    }
  });
});

describe('the HTTP API of workers beside a Redis', () => {
  const redis = createClient({ url: services.redisUrl });
  let hub: ApiApp;
  beforeAll(async () => {
    await redis.connect();
    hub = await startApiApp({ ...KEYS, REDIS_URL: services.redisUrl });
  });
  afterAll(async () => {
    await hub.close();
    redis.destroy();
  });

  it('takes a refresh token only when travis-build put it there, and deletes it', async () => {
    const rand = randomBytes(16).toString('hex');
    const ask = () =>
      hub.anonymous('post', '/jobs/7/token').set('Authorization', `Refresh ${refreshToken(7, { rand })}`);
    await ask().expect(403);
    await redis.setEx(`jwt-refresh:7:${rand}`, 60, '1');
    await ask().expect(200);
    expect(await redis.exists(`jwt-refresh:7:${rand}`)).toBe(0);
    await ask().expect(403);
  });
});

describe('the HTTP API of workers while something is away', () => {
  describe('the database', () => {
    let proxy: TcpProxy;
    let hub: ApiApp;
    beforeAll(async () => {
      hub = await startApiApp(KEYS, { through: async (url) => (proxy = await TcpProxy.start(url)).url });
    });
    afterEach(() => proxy.restore());
    afterAll(async () => {
      await hub.close();
      await proxy.close();
    });

    async function newJob(...states: readonly string[]): Promise<number> {
      const { jobs } = (await hub.post('/api/builds', buildBody())).body as { jobs: { id: number }[] };
      const job = jobs[0]?.id ?? 0;
      for (const state of states) await report(job, state).expect(200);
      return job;
    }
    const report = (job: number, state: string, more: object = {}): Call =>
      request(hub.app.getHttpServer() as Parameters<typeof request>[0])
        .patch(`/jobs/${job}/state`)
        .set('Authorization', `Bearer ${jobBoardToken(job)}`)
        .send({ new: state, ...more });
    const eventsOf = async (job: number) =>
      (await hub.rows<{ name: string }>('SELECT name FROM hub.events WHERE job_id = $1 ORDER BY seq', job)).map(
        ({ name }) => name,
      );

    it('holds a report until it is back', async () => {
      const job = await newJob();
      proxy.cut();
      const answer = report(job, 'received').then((answered) => answered);
      await eventually(() => expect(hub.app.get(Batcher, { strict: false }).troubledSince).not.toBeNull());
      proxy.restore();
      expect(await answer).toMatchObject({ status: 200, body: { state: 'received' } });
    });

    const lostAnswers: readonly (readonly [readonly string[], string, object, number, string, readonly string[]])[] = [
      [[], 'received', {}, 200, 'received', ['job:received']],
      [[], 'received', { meta: { uuid: 'u', state_update_count: 1 } }, 200, 'received', ['job:received']],
      [['started'], 'created', {}, 200, 'created', ['job:started', 'job:restarted']],
      [['started'], 'passed', {}, 200, 'passed', ['job:started', 'job:finished']],
      [['started'], 'cancelled', {}, 200, 'canceled', ['job:started', 'job:canceled']],
      [['started'], 'received', {}, 409, 'started', ['job:started']],
      [['cancelled'], 'started', {}, 409, 'canceled', ['job:canceled']],
    ];
    it.each(lostAnswers)('tells the truth when the answer to a commit is lost: %j, then %s %j', async (...row) => {
      const [before, to, more, status, state, events] = row;
      const job = await newJob(...before);
      const lost = proxy.loseAnswerTo(String(job));
      const answer = await report(job, to, more);
      await lost;
      expect([answer.status, answer.body]).toEqual([status, { state }]);
      expect(await eventsOf(job)).toEqual(['job:created', ...events]);
    });

    it('gives a token although the answer to its commit is lost, and no second one', async () => {
      const ask = (token: string) =>
        hub
          .anonymous('post', '/jobs/7/token')
          .set('Authorization', `Refresh ${token}`)
          .then(({ status }) => status);
      const rand = randomBytes(16).toString('hex');
      const token = refreshToken(7, { rand });
      const lost = proxy.loseAnswerTo(rand);
      expect(await ask(token)).toBe(200);
      await lost;
      expect(await ask(token)).toBe(403);
    });
  });

  it('answers 503 to /token without a key to sign with, or a Redis to look in, and spends nothing', async () => {
    const keyless = await startApiApp({ JWT_RSA_PUBLIC_KEY: key.publicKey });
    const redisless = await startApiApp({ ...KEYS, REDIS_URL: 'redis://127.0.0.1:1' });
    try {
      for (const hub of [keyless, redisless]) {
        await hub
          .anonymous('post', '/jobs/7/token')
          .set('Authorization', `Refresh ${refreshToken(7)}`)
          .expect(503);
        expect(await hub.rows('SELECT * FROM hub.used_tokens')).toEqual([]);
      }
    } finally {
      await keyless.close();
      await redisless.close();
    }
  });

  it('refuses every token while no key is configured', async () => {
    const hub = await startApiApp();
    try {
      await hub
        .anonymous('get', '/uptime')
        .set('Authorization', `Bearer ${jobBoardToken(7)}`)
        .expect(403);
    } finally {
      await hub.close();
    }
  });
});

function pair() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

function claims(job: number | string): object {
  return { iss: 'job-board/v1', sub: String(job), exp: now() + 10_800, site: 'org' };
}

/** As the Job Board makes it (wire.md §2.2). */
function jobBoardToken(job: number | string, changes: object = {}, privateKey = key.privateKey): string {
  return signed({ ...claims(job), ...changes }, privateKey);
}

/** As travis-build makes it (wire.md §2.3). */
function refreshToken(job: number, changes: object = {}): string {
  const rand = randomBytes(16).toString('hex');
  return signed({ iss: 'build', typ: 'refresh', sub: job, exp: now() + 600, site: 'org', rand, ...changes });
}

function accessToken(job: number): string {
  return signed({ iss: 'hub', typ: 'access', sub: job, exp: now() + 600, site: 'org' });
}

function signed(payload: object, privateKey = key.privateKey): string {
  const present = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined));
  return sign(present, privateKey, { algorithm: 'RS512', noTimestamp: true });
}

function unsigned(job: number, header: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ typ: 'JWT', ...header })}.${part(claims(job))}`;
}

function forged(job: number): string {
  const text = unsigned(job, { alg: 'HS512' });
  return `${text}.${createHmac('sha512', key.publicKey).update(text).digest('base64url')}`;
}
