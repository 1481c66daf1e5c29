import { GithubService } from '../support/github-service';

const REPOSITORY = 1;
const HEADERS = {
  accept: 'application/vnd.github.v3+json',
  authorization: 'token gho_user',
  'content-type': 'application/json; charset=utf-8',
  'user-agent': 'test',
  'x-github-api-version': '2022-11-28',
};
const STATUSES = '/repos/acme/tool/statuses/abc';
const RUNS = '/repos/acme/tool/check-runs';
const LIST = '/repos/acme/tool/commits/abc/check-runs';
const RUN = { name: 'CI', head_sha: 'abc' };

describe('GitHub as tests have it', () => {
  let github: GithubService;

  beforeEach(async () => {
    github = new GithubService();
    await github.up();
    github.repository(REPOSITORY, 'acme/tool', 'abc');
    github.user('ada', 'gho_user', REPOSITORY);
  });
  afterEach(() => github.close());

  const call = async (method: string, path: string, body?: object, headers: object = {}): Promise<number> => {
    const sent = { ...HEADERS, ...headers };
    const request = { method, headers: sent, ...(body && { body: JSON.stringify(body) }) };
    return (await fetch(`${github.url}${path}`, request)).status;
  };

  it('takes what GitHub describes', async () => {
    expect(await call('POST', STATUSES, { state: 'success', context: 'ci' })).toBe(201);
    expect(await call('POST', `/repositories/${REPOSITORY}/statuses/abc`, { state: 'success' })).toBe(201);
    expect(github.statuses).toMatchObject([{ context: 'ci' }, { context: 'default' }]);
    github.expectNoMistakes();
  });

  it.each<[string, string, string, object | undefined, object]>([
    ['a path that it does not have', 'POST', '/repos/acme/tool/status/abc', { state: 'success' }, {}],
    ['another method', 'PUT', STATUSES, { state: 'success' }, {}],
    ['no body', 'POST', STATUSES, undefined, {}],
    ['a field that is missing', 'POST', STATUSES, { context: 'ci' }, {}],
    ['a value that is none', 'POST', STATUSES, { state: 'passed' }, {}],
    ['a field that nobody described', 'POST', STATUSES, { state: 'success', sha: 'abc' }, {}],
    ['one of those further in', 'POST', RUNS, { ...RUN, output: { title: '', summary: '', icon: '' } }, {}],
    ['a text that is too long', 'POST', RUNS, { ...RUN, output: { title: '', summary: 'x'.repeat(65_536) } }, {}],
    ['a time that is none', 'POST', RUNS, { ...RUN, started_at: 'today' }, {}],
    ['an update that does not conclude', 'PATCH', `${RUNS}/1`, { status: 'completed' }, {}],
    ['an id that is none', 'PATCH', `${RUNS}/one`, { status: 'queued' }, {}],
    ['a query that it does not have', 'GET', `${LIST}?name=CI`, undefined, {}],
    ['a query that does not fit', 'GET', `${LIST}?filter=newest`, undefined, {}],
    ['a form', 'POST', STATUSES, { state: 'success' }, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['another kind of answer', 'GET', LIST, undefined, { accept: 'text/html' }],
    ['another version of the API', 'GET', LIST, undefined, { 'x-github-api-version': '2030-01-01' }],
  ])('refuses %s, and tells the test', async (_what, method, path, body, headers) => {
    expect(await call(method, path, body, headers)).toBeGreaterThanOrEqual(400);
    expect(() => github.expectNoMistakes()).toThrow(`${method} ${path}`);
  });

  it.each<[string, number, object, object]>([
    ['without a token that it knows', 401, { state: 'success' }, { authorization: 'token gho_other' }],
    ['without a token', 401, { state: 'success' }, { authorization: '' }],
  ])('answers as GitHub %s', async (_what, status, body, headers) => {
    expect(await call('POST', STATUSES, body, headers)).toBe(status);
    expect(github.statuses).toEqual([]);
    github.expectNoMistakes();
  });

  it('gives tokens to the app alone, and check runs to no user', async () => {
    github.install(7, [REPOSITORY]);
    const path = '/app/installations/7/access_tokens';
    expect(await call('POST', path, undefined, { authorization: 'bearer a.b.c' })).toBe(401);
    expect(await call('POST', RUNS, RUN)).toBe(403);
    expect(github.secrets).toEqual(['gho_user']);
  });
});
