import { firstHop, nextHop } from './hop';

const HEADERS = { 'Content-Type': 'text/plain', Signature: 's', 'webhook-id': 'msg_1', 'Travis-Repo-Slug': 'a/b' };

describe('firstHop', () => {
  it('takes the credentials out of the url and sends them as Basic authentication', () => {
    const hop = firstHop('https://us%40er:p%3Ass@example.org/hook?a=1#part', HEADERS, 'body');
    expect(hop.url.href).toBe('https://example.org/hook?a=1');
    expect(hop.headers['Authorization']).toBe(`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`);
  });

  it('sends a user name without password, and a stray percent sign as it is', () => {
    expect(firstHop('https://token@example.org', {}, '').headers['Authorization']).toBe(`Basic ${btoa('token:')}`);
    expect(firstHop('https://a:50%@example.org', {}, '').headers['Authorization']).toBe(`Basic ${btoa('a:50%')}`);
  });

  it("keeps the caller's own authorization", () => {
    expect(firstHop('https://a:b@example.org', { authorization: 'Bearer x' }, '').headers).toEqual({
      authorization: 'Bearer x',
    });
  });

  it('refuses a url that no server would take', () => {
    expect(() => firstHop(`https://example.org/?${'a'.repeat(8_000)}`, {}, '')).toThrow('more than 8000 characters');
  });

  it.each(['ftp://example.org', 'file:///etc/passwd', 'gopher://example.org', 'javascript:alert(1)', 'unix:/run/x'])(
    'refuses the scheme of %s',
    (url) => {
      expect(() => firstHop(url, {}, '')).toThrow('only http: and https:');
    },
  );

  it.each([
    '',
    'example.org/hook',
    '//example.org',
    'http://',
    'http://user:hunter2@',
    'http://user:hunter2@exa mple/',
  ])('refuses the unreadable url "%s" without repeating it', (url) => {
    expect(() => firstHop(url, {}, '')).toThrow('The url cannot be read');
    expect(() => firstHop(url, {}, '')).not.toThrow('hunter2');
  });
});

describe('nextHop', () => {
  const hop = firstHop('https://user:pass@example.org/a/hook', { ...HEADERS, Cookie: 'c' }, 'body');

  it.each([200, 204, 300, 304, 305, 400, 500])('does not follow status %i', (status) => {
    expect(nextHop(hop, status, 'https://example.org/b')).toBeNull();
  });

  it('does not follow a redirect that says no place', () => {
    expect(nextHop(hop, 302, undefined)).toBeNull();
  });

  it.each([301, 302, 303])('asks again with GET, without body and signatures, after %i', (status) => {
    const next = nextHop(hop, status, '/b');
    expect(next).toMatchObject({ method: 'GET', body: null });
    expect(next?.url.href).toBe('https://example.org/b');
    expect(Object.keys(next?.headers ?? {}).sort()).toEqual(['Authorization', 'Cookie', 'Travis-Repo-Slug']);
  });

  it.each([307, 308])('repeats the POST as it was after %i', (status) => {
    const next = nextHop(hop, status, 'b');
    expect(next).toMatchObject({ method: 'POST', body: 'body', headers: hop.headers });
    expect(next?.url.href).toBe('https://example.org/a/b');
  });

  it.each(['https://other.org/', 'https://example.org:8443/', 'https://sub.example.org/'])(
    'keeps credentials from another origin, %s',
    (location) => {
      const next = nextHop(hop, 307, location);
      expect(Object.keys(next?.headers ?? {}).sort()).toEqual(Object.keys(HEADERS).sort());
    },
  );

  it('ignores credentials that a redirect hands out', () => {
    const next = nextHop(hop, 307, 'https://eve:trap@other.org/');
    expect(next?.url.href).toBe('https://other.org/');
    expect(next?.headers).not.toHaveProperty('Authorization');
  });

  it.each([
    ['http://example.org/', 'from https to http'],
    ['file:///etc/passwd', 'only http: and https:'],
    ['https://[::1', 'no url'],
  ])('refuses a redirect to %s', (location, reason) => {
    expect(() => nextHop(hop, 307, location)).toThrow(reason);
  });

  it('goes from http to https', () => {
    expect(nextHop(firstHop('http://example.org', {}, 'x'), 308, 'https://example.org')?.body).toBe('x');
  });
});
