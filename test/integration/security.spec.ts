import { basic, startApiApp, type ApiApp } from './api-app';

/** Routes that anybody may call, and why. */
const PUBLIC: Readonly<Record<string, string>> = {
  'GET /health/live': 'probes carry no credentials',
  'GET /health/ready': 'probes carry no credentials',
  'GET /health/startup': 'probes carry no credentials',
  'GET /config': 'receivers of webhooks fetch the public key there',
  'GET /mail/unsubscribe/:token': 'the token says who asks',
  'POST /mail/unsubscribe/:token': 'mail programs carry no credentials (RFC 8058); the token says who asks',
  'POST /mail/subscribe/:token': 'the token says who asks',
  'GET /metrics': 'names no repository or job; HUB_METRICS_AUTH=basic closes it',
};

interface Route {
  readonly method: string;
  readonly path: string;
}

/** Everything that the HTTP server answers, from its own router: nobody has to remember to list a new one. */
function routesOf(hub: ApiApp): Route[] {
  const { router } = hub.app.getHttpAdapter().getInstance() as {
    router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] };
  };
  return router.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : Object.keys(route.methods)
          .filter((method) => method !== '_all')
          .map((method) => ({ method: method.toUpperCase(), path: route.path })),
  );
}

describe('every route', () => {
  let hub: ApiApp;

  beforeAll(async () => {
    hub = await startApiApp();
  });
  afterAll(() => hub.close());

  const call = (route: Route) => {
    const path = route.path.replaceAll(/:\w+/g, '1');
    return hub.anonymous(route.method.toLowerCase() as 'get', path);
  };

  it('is found by asking the router', () => {
    const names = routesOf(hub).map(({ method, path }) => `${method} ${path}`);
    expect(names).toEqual(
      expect.arrayContaining(['POST /api/builds', 'PATCH /jobs/:id/state', ...Object.keys(PUBLIC)]),
    );
    expect(names.length).toBeGreaterThan(15);
  });

  it('asks for credentials, unless it is one of the few that are meant for everybody', async () => {
    const open: string[] = [];
    for (const route of routesOf(hub)) {
      const { status } = await call(route);
      if (status !== 401) open.push(`${route.method} ${route.path}`);
    }
    expect(open.sort()).toEqual(Object.keys(PUBLIC).sort());
  });

  it('answers with headers that keep browsers from doing anything with it', async () => {
    for (const route of routesOf(hub)) {
      const { headers } = await call(route);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
        'content-security-policy': expect.stringContaining("default-src 'none'") as string,
        'strict-transport-security': expect.stringContaining('max-age=') as string,
      });
      expect(headers).not.toHaveProperty('x-powered-by');
    }
  });
});

describe('an address from which passwords are guessed', () => {
  let hub: ApiApp;

  beforeEach(async () => {
    hub = await startApiApp({ HUB_TRUST_PROXY: '1' });
  });
  afterEach(() => hub.close());

  const from = (address: string, user: string, password: string, path = '/api/builds') =>
    hub.anonymous('get', path).set('X-Forwarded-For', address).set('Authorization', basic(user, password));
  const guess = async (address: string) => {
    for (let n = 0; n < 30; n++) expect((await from(address, 'alice', `guess-${n}`)).status).toBe(401);
  };

  it('is told to wait, even with the right password, and others are not', async () => {
    await guess('203.0.113.9');
    const answer = await from('203.0.113.9', 'alice', 'wonderland');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(50);
    expect(answer.body).toMatchObject({ type: 'urn:hub:problem:too-many-requests', status: 429 });
    expect((await from('198.51.100.1', 'alice', 'wonderland')).status).toBe(200);
  });

  it('does not lock out who worked from there before', async () => {
    expect((await from('203.0.113.9', 'bob', 'builder')).status).toBe(200);
    await guess('203.0.113.9');
    expect((await from('203.0.113.9', 'bob', 'builder')).status).toBe(200);
    expect((await from('203.0.113.9', 'alice', 'wonderland')).status).toBe(429);
  });

  it('is counted over all routes: workers’ too', async () => {
    await guess('203.0.113.9');
    const answer = await from('203.0.113.9', 'alice', 'wonderland', '/uptime');
    expect(answer.status).toBe(429);
    expect(answer.text).toBe('');
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('cannot choose its address by a header that no proxy of ours has written', async () => {
    for (let n = 0; n < 30; n++) await from(`10.0.0.${n}, 203.0.113.9`, 'alice', 'guess');
    expect((await from('10.9.9.9, 203.0.113.9', 'alice', 'wonderland')).status).toBe(429);
  });
});
