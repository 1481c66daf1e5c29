import { generateKeyPairSync } from 'node:crypto';
import { createTestDatabase, eventually, type TestDatabase } from '../support';
import { compileHub, HubProcess } from '../support/hub-process';

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
/** The middle of the key, where nothing is the same for every key. */
const KEY_WORD = KEY.toString().split('\n')[10] ?? '';

/** Each secret, and the word by which it would be recognised. */
const SECRETS = {
  HTTP_BASIC_AUTH: 'alice:w0nderland-pa55,bob:bu1lder-pa55',
  // Nobody listens there: every part of Hub that needs them logs why it cannot go on.
  RABBITMQ_URL: 'amqp://hub:r4bbit-pa55@127.0.0.1:9/vhost',
  REDIS_URL: 'redis://:r3dis-pa55@127.0.0.1:9',
  LOGS_API_URL: 'http://127.0.0.1:9',
  LOGS_API_TOKEN: 'l0gs-t0ken',
  JOB_BOARD_URL: 'http://hub:j0b-b0ard-pa55@127.0.0.1:9',
  ENCRYPTION_KEY: 'encrypt10n-encrypt10n-encrypt10n',
  HUB_WEBHOOK_SECRET: 'whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0',
  HUB_WEBHOOK_SIGNING_KEY: KEY.toString().replaceAll('\n', '\\n'),
  JWT_RSA_PRIVATE_KEY: Buffer.from(KEY).toString('base64'),
  HUB_WEBHOOK_URLS: 'http://user:h00k-pa55@127.0.0.1:9/hook?key=h00k-query',
};
const WORDS = [
  ...[
    'w0nderland',
    'bu1lder',
    'r4bbit',
    'r3dis-pa55',
    'l0gs-t0ken',
    'j0b-b0ard',
    'encrypt10n',
    'h00k-pa55',
    'h00k-query',
  ],
  ...['c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0', KEY_WORD, Buffer.from(KEY).toString('base64').slice(400, 460)],
];

describe('what Hub writes and answers', () => {
  let database: TestDatabase;
  let hub: HubProcess;

  beforeAll(async () => {
    compileHub();
    database = await createTestDatabase();
    hub = new HubProcess({
      ...SECRETS,
      DATABASE_URL: database.url,
      PORT: '0',
      LOG_LEVEL: 'trace',
      HUB_CHANNELS: 'webhook=deliver,log=deliver',
      HUB_WEBHOOK_ALLOWED_HOSTS: '127.0.0.1',
    });
  }, 120_000);
  afterAll(async () => {
    await hub.destroy();
    await database.drop();
  });

  it('holds none of its secrets, whatever fails, at the most talkative level', async () => {
    const url = await hub.url();
    await hub.line(({ msg }) => msg === 'The database is ready.');
    const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const alice = basic('alice', 'w0nderland-pa55');
    const answers: string[] = [];
    const call = async (
      method: string,
      path: string,
      authorization: string | null,
      body?: unknown,
    ): Promise<number> => {
      const answer = await fetch(url + path, {
        method,
        headers: { 'Content-Type': 'application/json', ...(authorization !== null && { authorization }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      answers.push(`${JSON.stringify([...answer.headers])} ${await answer.text()}`);
      return answer.status;
    };
    const build = {
      repository: { owner_name: 'octo', name: 'app' },
      commit: { sha: '62aae5f70ceee39123ef62aae5f70ceee39123ef', message: 'm' },
      branch: 'main',
      jobs: [{}],
    };
    expect(await call('POST', '/api/builds', alice, build)).toBe(201);
    const [row] = await database.query<{ id: number }>('SELECT id FROM builds');
    expect(await call('POST', `/api/builds/${row?.id}/cancel`, alice)).toBe(200);
    expect(await call('POST', `/api/builds/${row?.id}/restart`, alice)).toBe(200);
    expect(await call('POST', '/api/builds', alice, { password: 'w0nderland-pa55', token: 'l0gs-t0ken' })).toBe(400);
    expect(await call('GET', '/api/builds', basic('alice', 'bu1lder-pa55'))).toBe(401);
    expect(await call('GET', '/api/builds?token=w0nderland-pa55', basic('bob', 'bu1lder-pa55'))).toBeLessThan(500);
    expect(await call('PATCH', '/jobs/1/state', alice, { new: 'nonsense' })).toBeLessThan(500);
    expect(await call('PATCH', '/jobs/1/state', 'Bearer l0gs-t0ken')).toBe(403);
    expect(await call('GET', '/config', null)).toBe(200);
    expect(await call('GET', '/metrics', null)).toBe(200);
    expect(await call('GET', '/health/ready', null)).toBe(200);
    // Whoever has to be called with a secret was called in vain, and that was said.
    await eventually(async () => {
      const tried = await database.query<{ channel: string }>(
        `SELECT DISTINCT channel FROM hub.deliveries WHERE attempts > 0 AND state = 'pending' ORDER BY channel`,
      );
      expect(tried.map(({ channel }) => channel)).toEqual(expect.arrayContaining(['log-clear', 'webhook']));
    });
    const stored = await database.query<{ row: string }>(
      `SELECT d::text AS row FROM hub.deliveries d UNION ALL SELECT e::text FROM hub.events e`,
    );
    hub.kill('SIGTERM');
    expect(await hub.exited).toBe(0);

    const lines = hub.lines.map((line) => JSON.stringify(line));
    expect(lines.length).toBeGreaterThan(20);
    for (const word of WORDS) {
      expect(word.length).toBeGreaterThan(5);
      for (const said of [lines, answers, [hub.stderr], stored.map(({ row }) => row)]) {
        // What a caller says himself in a path he may find in an answer, but nobody may find it in the log.
        expect(said.filter((text) => text.includes(word))).toEqual([]);
      }
    }
  }, 60_000);
});
