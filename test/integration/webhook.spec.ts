import { createPublicKey, createVerify, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Webhook } from 'standardwebhooks';
import request from 'supertest';
import { Receiver, type Received } from '../contract/receiver';
import { sampleDeps, type SampleDeps } from '../contract/sample-deps';
import { sampleSecrets } from '../contract/sample-secrets';
import { sampleNotice, type Sample } from '../contract/sample-notice';
import { ConfigModule, loadConfig, type Config } from '../../src/config';
import { isTarget, type DeliveryOutcome } from '../../src/notifications/channel';
import webhook from '../../src/notifications/channels/webhook';
import { PublicKeyController } from '../../src/notifications/public-key.controller';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const ENVIRONMENT = {
  DATABASE_URL: 'postgres://127.0.0.1/unused',
  HTTP_BASIC_AUTH: 'user:password',
  HUB_WEB_URL: 'https://travis-ci.org',
  HUB_WEBHOOK_SIGNING_KEY: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  HUB_WEBHOOK_SECRET: SECRET,
};

type Verify = (
  rawBody: string,
  headers: Received['headers'],
  keys: { publicKey: string; secret: string | null },
) => Record<string, unknown>;

/** The function with which a receiver verifies, as docs/channels.md shows it. */
function documentedReceiver(): Verify {
  const guide = readFileSync(join(__dirname, '../../docs/channels.md'), 'utf8');
  const [, code] = /webhook\.spec\.ts runs this very code.*\n+```js\n([\s\S]*?)```/.exec(guide) ?? [];
  if (code === undefined) throw new Error('docs/channels.md shows no receiver any more.');
  const directory = mkdtempSync(join(tmpdir(), 'hub-receiver-'));
  const file = join(directory, 'receiver.js');
  writeFileSync(file, code.replace("'standardwebhooks'", JSON.stringify(require.resolve('standardwebhooks'))));
  try {
    return jest.requireActual<{ verifiedPayload: Verify }>(file).verifiedPayload;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The field of the form, as a receiver's framework decodes it. */
const payloadOf = ({ body }: Received): string => new URLSearchParams(body).get('payload') ?? '';

describe('webhooks', () => {
  let receiver: Receiver;
  let sampled: SampleDeps<{ contentType: 'form' | 'json' }>;

  beforeEach(async () => {
    receiver = await Receiver.start();
    sampled = sampleDeps({ contentType: 'form' }, { secrets: sampleSecrets });
  });

  afterEach(async () => {
    await sampled.close();
    await receiver.stop();
  });

  /** Tells all targets of one notice. */
  const tell = async (
    webhooks: unknown,
    sample: Sample = {},
    config: Config = loadConfig(ENVIRONMENT),
  ): Promise<DeliveryOutcome[]> => {
    const channel = webhook({ ...sampled.deps, config });
    const notice = sampleNotice({ ...sample, config: { ...sample.config, notifications: { webhooks } } });
    const { signal } = new AbortController();
    return Promise.all(
      (await channel.targets(notice))
        .filter(isTarget)
        .map(({ target }) => channel.deliver(notice, target, { deliveryId: 42, attempt: 1, signal })),
    );
  };
  const received = (): Received => {
    const [first] = receiver.received;
    if (first === undefined) throw new Error('The receiver got nothing.');
    return first;
  };
  const startApi = async (environment: Record<string, string>): Promise<INestApplication> => {
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(loadConfig(environment))],
      controllers: [PublicKeyController],
    }).compile();
    return module.createNestApplication().init();
  };

  it('sends the request that receivers know', async () => {
    await expect(tell(receiver.url('/hook?a=1'))).resolves.toEqual([{ kind: 'delivered', code: 200, response: '' }]);
    const { method, path, headers, body } = received();
    expect([method, path]).toEqual(['POST', '/hook?a=1']);
    expect(headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(Buffer.byteLength(body)),
      'user-agent': 'Travis CI Notifications',
      'travis-repo-slug': 'svenfuchs/minimal',
    });
    expect(headers).not.toHaveProperty('authorization');
    expect([...new URLSearchParams(body).keys()]).toEqual(['payload']);
  });

  it('sends a name that no header can carry as it stands in a url', async () => {
    const channel = webhook({ ...sampled.deps, config: loadConfig(ENVIRONMENT) });
    const sample = sampleNotice({ config: { notifications: { webhooks: receiver.url() } } });
    const repository = { ...sample.facts.repository, slug: 'svenfuchs/Ж' };
    const notice = { ...sample, facts: { ...sample.facts, repository } };
    const [found] = (await channel.targets(notice)).filter(isTarget);
    const { signal } = new AbortController();
    await channel.deliver(notice, found!.target, { deliveryId: 1, attempt: 1, signal });
    expect(received().headers).toMatchObject({ 'travis-repo-slug': 'svenfuchs/%D0%96' });
  });

  it('sends the payload that receivers know, field by field and in this order', async () => {
    await tell(receiver.url());
    const commit = {
      branch: 'master',
      message: 'the commit message: ünïcode & "quotes" + 100%\nsecond line',
      compare_url: 'https://github.com/svenfuchs/minimal/compare/master...develop',
    };
    const people = {
      author_name: 'Sven Fuchs',
      author_email: 'svenfuchs@artweb-design.de',
      committer_name: 'Konstantin Haase',
      committer_email: 'konstantin@example.org',
    };
    const job = (id: number, number: string, allow_failure: boolean): object => ({
      id,
      repository_id: 1,
      parent_id: 1,
      number,
      state: 'passed',
      config: { rvm: '1.8.7' },
      status: 0,
      result: 0,
      commit: '62aae5f70ceee39123ef',
      ...commit,
      started_at: '2014-04-03T10:21:15Z',
      finished_at: '2014-04-03T10:21:45Z',
      committed_at: '2014-04-03T09:22:05Z',
      ...people,
      allow_failure,
    });
    const expected = {
      id: 1,
      number: '2',
      config: { rvm: ['1.8.7', '1.9.2'], env: ['TOKEN=[secure] A=b'], notifications: { webhooks: receiver.url() } },
      type: 'push',
      state: 'passed',
      status: 0,
      result: 0,
      status_message: 'Passed',
      result_message: 'Passed',
      started_at: '2014-04-03T10:21:05Z',
      finished_at: '2014-04-03T10:22:05Z',
      duration: 60,
      build_url: 'https://travis-ci.org/svenfuchs/minimal/builds/1',
      commit_id: 7,
      commit: '62aae5f70ceee39123ef',
      base_commit: 'base1',
      head_commit: 'head1',
      ...commit,
      committed_at: '2014-04-03T09:22:05Z',
      ...people,
      pull_request: false,
      pull_request_number: null,
      pull_request_title: null,
      tag: null,
      repository: { id: 1, name: 'minimal', owner_name: 'svenfuchs', url: 'https://github.com/svenfuchs/minimal' },
      matrix: [job(11, '2.1', false), job(12, '2.2', true)],
    };
    // Compared as text: the order of the fields counts.
    expect(JSON.stringify(JSON.parse(payloadOf(received())), null, 1)).toBe(JSON.stringify(expected, null, 1));
  });

  it.each([
    ['build:finished', 'passed', 'failed', 0, 'Fixed'],
    ['build:finished', 'failed', 'passed', 1, 'Broken'],
    ['build:finished', 'failed', 'failed', 1, 'Still Failing'],
    ['build:finished', 'errored', 'passed', 1, 'Errored'],
    ['build:canceled', 'canceled', 'passed', null, 'Canceled'],
    ['build:started', 'started', 'passed', null, 'Pending'],
  ] as const)('%s: %s after %s has status %s and reads %s', async (event, state, previousState, status, message) => {
    await tell({ urls: receiver.url(), on_start: 'always' }, { event, state, previousState });
    expect(JSON.parse(payloadOf(received()))).toMatchObject({
      state,
      status,
      result: status,
      status_message: message,
      result_message: message,
      matrix: [{ status }, { status }],
    });
  });

  it('signs the payload so that the published key verifies it, and nothing else', async () => {
    await tell(receiver.url());
    const api = await startApi(ENVIRONMENT);
    const { body } = await request(api.getHttpServer()).get('/config').expect(200).expect('Content-Type', /json/);
    await api.close();
    const publicKey = body.config.notifications.webhook.public_key as string;
    expect(publicKey).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);

    const signature = Buffer.from(received().headers['signature'] as string, 'base64');
    const verifies = (text: string): boolean => createVerify('RSA-SHA1').update(text).verify(publicKey, signature);
    expect(verifies(payloadOf(received()))).toBe(true);
    expect(verifies(`${payloadOf(received())} `)).toBe(false);
  });

  it('signs the body as Standard Webhooks has it, with the delivery as id', async () => {
    await tell(receiver.url());
    const { headers, body } = received();
    expect(headers['webhook-id']).toBe('msg_42');
    const sent = headers as Record<string, string>;
    const receiving = new Webhook(SECRET);
    expect(() => receiving.verify(body, sent, { jsonParse: false })).not.toThrow();
    expect(() => receiving.verify(`${body}&`, sent, { jsonParse: false })).toThrow('No matching signature found');
    expect(() => receiving.verify(body, { ...sent, 'webhook-id': 'msg_43' }, { jsonParse: false })).toThrow();
  });

  describe('at a receiver as docs/channels.md shows it', () => {
    const verify = documentedReceiver();
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();

    it.each(['form', 'json'])('are verified as %s', async (content_type) => {
      await tell({ urls: receiver.url(), content_type });
      const { body, headers } = received();
      for (const secret of [SECRET, null]) {
        expect(verify(body, headers, { publicKey, secret })).toMatchObject({ id: 1, state: 'passed' });
      }
    });

    it.each(['form', 'json'])('are refused as %s when somebody changed them', async (content_type) => {
      await tell({ urls: receiver.url(), content_type });
      const { body, headers } = received();
      const forged = body.replace('passed', 'failed');
      expect(() => verify(forged, headers, { publicKey, secret: null })).toThrow('does not come from Hub');
      expect(() => verify(forged, headers, { publicKey, secret: SECRET })).toThrow('No matching signature found');
      const another = `whsec_${randomBytes(32).toString('base64')}`;
      expect(() => verify(body, headers, { publicKey, secret: another })).toThrow('No matching signature found');
    });
  });

  it('sends no signature without keys, but still the id, and publishes null', async () => {
    const { HUB_WEBHOOK_SIGNING_KEY: _key, HUB_WEBHOOK_SECRET: _secret, ...bare } = ENVIRONMENT;
    await tell(receiver.url(), {}, loadConfig(bare));
    const { headers } = received();
    expect(headers).not.toHaveProperty('signature');
    expect(headers).not.toHaveProperty('webhook-signature');
    expect(headers).toMatchObject({ 'webhook-id': 'msg_42', 'webhook-timestamp': expect.stringMatching(/^\d{10}$/) });
    const api = await startApi(bare);
    await request(api.getHttpServer())
      .get('/config')
      .expect(200, { config: { notifications: { webhook: { public_key: null } } } });
    await api.close();
  });

  describe('as JSON', () => {
    it('sends the payload as the body, and signs it both ways', async () => {
      await tell({ urls: [receiver.url('/form'), { url: receiver.url('/json'), content_type: 'json' }] });
      const [form, json] = ['/form', '/json'].map((path) => receiver.received.find((one) => one.path === path));
      expect(json?.headers).toMatchObject({
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(json?.body ?? '')),
        'user-agent': 'Travis CI Notifications',
        'travis-repo-slug': 'svenfuchs/minimal',
        'webhook-id': 'msg_42',
        signature: form?.headers['signature'],
      });
      expect(json?.body).toBe(payloadOf(form ?? received()));
      const sent = json?.headers as Record<string, string>;
      expect(() => new Webhook(SECRET).verify(json?.body ?? '', sent, { jsonParse: false })).not.toThrow();
    });

    it('is what the receivers of an operator get who wants it so', async () => {
      sampled = { ...sampled, deps: { ...sampled.deps, settings: { contentType: 'json' } } };
      const config = loadConfig({ ...ENVIRONMENT, HUB_WEBHOOK_URLS: receiver.url('/global') });
      await tell(receiver.url(), {}, config);
      expect(receiver.received.map(({ headers }) => headers['content-type'])).toEqual(
        Array(2).fill('application/json'),
      );
    });
  });

  it('calls what is encrypted', async () => {
    await tell({ urls: [{ secure: `open ${receiver.url('/hook', 'us%40er:p%2Fss@')}` }] });
    expect(received().headers).toMatchObject({ authorization: `Basic ${btoa('us@er:p/ss')}` });
  });

  it.each([
    ['a form', undefined],
    ['JSON', 'json'],
  ])('carries what is hostile in %s as it is, and in no header', async (_form, content_type) => {
    const config = { evil: 'a\r\nX-Evil: 1\u2028</script>&payload={}%00🚀' };
    await expect(tell({ urls: receiver.url(), content_type }, { config })).resolves.toMatchObject([
      { kind: 'delivered' },
    ]);
    const { headers, body } = received();
    expect(headers).not.toHaveProperty('x-evil');
    const json = content_type === 'json' ? body : payloadOf(received());
    expect(JSON.parse(json)).toMatchObject({ config });
  });

  it('turns credentials of the url into Basic authentication', async () => {
    await tell(receiver.url('/hook', 'us%40er:p%2Fss@'));
    expect(received().headers).toMatchObject({ authorization: `Basic ${btoa('us@er:p/ss')}` });
    expect(received().path).toBe('/hook');
  });

  it('tells every url of every element and the url of the operator once', async () => {
    const config = loadConfig({ ...ENVIRONMENT, HUB_WEBHOOK_URLS: receiver.url('/global') });
    await tell([{ urls: [receiver.url('/a'), receiver.url('/b')] }, receiver.url('/c')], {}, config);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/a', '/b', '/c', '/global']);
  });

  it('tells of pull requests too', async () => {
    const notice = sampleNotice({ config: { notifications: { webhooks: receiver.url() } } });
    const pull = { event_type: 'pull_request', pull_request_number: 5, pull_request_title: 'Mend it' };
    const about = {
      ...notice,
      facts: { ...notice.facts, build: { ...notice.facts.build, ...pull }, tag: { name: 'v1' } },
    };
    const channel = webhook({ ...sampled.deps, config: loadConfig(ENVIRONMENT) });
    for (const { target } of (await channel.targets(about)).filter(isTarget)) {
      await channel.deliver(about, target, { deliveryId: 1, attempt: 1, signal: new AbortController().signal });
    }
    expect(JSON.parse(payloadOf(received()))).toMatchObject({
      type: 'pull_request',
      pull_request: true,
      pull_request_number: 5,
      pull_request_title: 'Mend it',
      tag: 'v1',
    });
  });

  it.each([
    ['an internal address', 'http://169.254.169.254/latest/', 'rejected', 'metadata'],
    ['no url', 'example.org', 'rejected', 'The url cannot be read'],
    ['an encrypted internal address', { secure: 'open http://10.0.0.1/' }, 'rejected', '10.0.0.1'],
    ['another scheme', 'ftp://example.org', 'rejected', 'only http: and https:'],
  ])('does not call %s and says why', async (_what, webhooks, kind, reason) => {
    await expect(tell(webhooks)).resolves.toEqual([{ kind, reason: expect.stringContaining(reason) }]);
    expect(receiver.received).toHaveLength(0);
  });

  it('refuses keys that cannot sign, without repeating them', () => {
    const config = loadConfig(ENVIRONMENT);
    const make = (own: Partial<Config['webhook']>) => (): unknown =>
      webhook({ ...sampled.deps, config: { web: config.web, webhook: { ...config.webhook, ...own } } });
    expect(make({ signingKey: 'hunter2' })).toThrow(/^HUB_WEBHOOK_SIGNING_KEY is no RSA private key(?!.*hunter2)/);
    expect(make({ standardSecret: 'whsec_' })).toThrow(/^HUB_WEBHOOK_SECRET is no Standard Webhooks secret/);
  });
});
