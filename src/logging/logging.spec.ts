import { createLogger } from './logger';
import { NestLogger } from './nest-logger';
import { pretty } from './pretty';
import { redact } from './redact';

function recording() {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => void lines.push(line) });
  return { log, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>), lines };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('redaction', () => {
  it.each([
    ['a url with a password', 'connect to postgres://hub:leak@db:5432/hub failed'],
    ['a url with a password that holds a slash', 'amqp://hub:le/leak@mq/travis'],
    ['a url with a password that holds an @', 'amqp://hub:le@leak@mq/travis'],
    ['a url with only a user, who may be a token', 'https://leak@github.com/a/b.git'],
    ['a bearer token', 'got 401 for Bearer leakLEAK1234'],
    ['basic credentials', 'header was Basic aHVi0mxlYWsleak'],
    ['a secret in a query', 'GET https://example.org/hook?access_token=leak&a=1'],
    [
      'a key that sounds secret',
      JSON.stringify({ a: { authorization: 'leak', API_TOKEN: 'le"ak', password: 'leak' } }),
    ],
    ['a list of secrets', JSON.stringify({ tokens: ['leak', 'leak'] })],
    ['JSON inside a message', JSON.stringify({ msg: JSON.stringify({ password: 'leak', b: 1 }) })],
    [
      'JSON inside JSON inside a message',
      JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ token: 'leak' }) }) }),
    ],
    ['the start of a private key', JSON.stringify({ msg: 'key: -----BEGIN PRIVATE KEY-----\nleak', b: 1 })],
    ['a private key', 'key: -----BEGIN RSA PRIVATE KEY-----\nleak\n-----END RSA PRIVATE KEY----- end'],
  ])('hides %s', (_what, line) => {
    expect(redact(line)).toContain('[hidden]');
    expect(redact(line)).not.toMatch(/le"?ak/i);
    expect(isJson(redact(line))).toBe(isJson(line));
  });

  it('leaves JSON readable', () => {
    const line = JSON.stringify({
      password: 'a"b',
      tokens: ['x'],
      msg: JSON.stringify({ secret: 'x' }),
      url: 'http://u:p@h/',
    });
    expect(JSON.parse(redact(line))).toEqual({
      password: '[hidden]',
      tokens: '[hidden]',
      msg: '{"secret":"[hidden]"}',
      url: 'http://[hidden]@h/',
    });
  });

  it.each([
    'listening on http://localhost:3000',
    'mail to a@b.org about https://ci.example.org/builds/1',
    'basic work',
  ])('leaves "%s" alone', (line) => expect(redact(line)).toBe(line));
});

describe('the logger', () => {
  it('writes one JSON object a line, with time, level name, component and fields', () => {
    const { log, records } = recording();
    log.child({ component: 'intake' }).info({ job: 1 }, 'applied');
    expect(records()).toEqual([
      {
        time: expect.stringMatching(/^\d{4}-.*Z$/) as string,
        level: 'info',
        component: 'intake',
        job: 1,
        msg: 'applied',
      },
    ]);
  });

  it('writes of an error what helps, and not the parameters of its statement', () => {
    const { log, records, lines } = recording();
    const cause = Object.assign(new Error('duplicate key'), { code: '23505', constraint: 'jobs_pkey' });
    log.error({ err: Object.assign(new Error('flush failed', { cause }), { parameters: ['leak'] }) }, 'batch failed');
    expect(records()[0]).toMatchObject({
      err: {
        message: 'flush failed',
        stack: expect.stringContaining('at ') as string,
        cause: { code: '23505', constraint: 'jobs_pkey' },
      },
    });
    expect(lines.join()).not.toContain('leak');
  });
});

describe('lines for people', () => {
  it('hold time, level, component, message and fields on one line', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-01-02T03:04:05.678Z',
      component: 'intake',
      job: 1,
      event: 'job:start',
      msg: 'applied',
    });
    // eslint-disable-next-line no-control-regex
    expect(pretty(line).replace(/\u001b\[\d+m/g, '')).toBe(
      '03:04:05.678 info  [intake] applied job=1 event=job:start\n',
    );
  });

  it('put a stack below', () => {
    const line = JSON.stringify({
      level: 'error',
      time: '2026-01-02T03:04:05.678Z',
      msg: 'failed',
      err: { message: 'x', stack: 'Error: x\n    at y' },
    });
    expect(pretty(line)).toMatch(/failed\nError: x\n {4}at y\n$/);
  });
});

describe("Nest's lines", () => {
  it('carry their context as component', () => {
    const { log, records } = recording();
    const nest = new NestLogger(log);
    nest.warn('careful', 'TypeOrmModule');
    nest.error('broken', 'Error: broken\n    at somewhere', 'ExceptionsHandler');
    nest.error(new Error('thrown'));
    expect(records()).toMatchObject([
      { level: 'warn', component: 'TypeOrmModule', msg: 'careful' },
      { level: 'error', component: 'ExceptionsHandler', msg: 'broken', stack: 'Error: broken\n    at somewhere' },
      { level: 'error', component: 'nest', msg: 'thrown', err: { message: 'thrown' } },
    ]);
  });

  it('about wiring are for debugging only', () => {
    const { log, records } = recording();
    new NestLogger(log).log('AppModule dependencies initialized', 'InstanceLoader');
    expect(records()).toEqual([]);
  });
});
