import { generateKeyPairSync, publicEncrypt, constants } from 'node:crypto';
import { fallbacksOf, type Config } from '../config';
import { sampleDeps } from '../../test/contract/sample-deps';
import { sampleNotice } from '../../test/contract/sample-notice';
import { MOST_ENTRIES, MOST_READ } from './domain/bounds';
import { findChannels, makeChannels } from './load-channels';
import { planChannel } from './plan-channel';
import { decryptSecrets } from './secrets/encrypted-value';

/** As much as an API takes in one request. */
const LARGE = 500_000;
const names = (of: (i: number) => string): string[] => Array.from({ length: LARGE }, (_, i) => of(i));

/** What each channel could be named, in the forms that are cheapest to write. */
const HOSTILE: readonly (readonly [string, unknown])[] = [
  ['one text of urls', names((i) => `a${i}`).join(',')],
  ['a list of urls', names((i) => `a${i}`)],
  ['a list of lists', names(() => 'a,b,c,d')],
  [
    'a list of entries',
    names((i) => `a${i}`).map((url) => ({ urls: url, rooms: url, recipients: url, channels: url })),
  ],
  ['an entry of addresses', { recipients: names((i) => `a${i}@example.org`), channels: names((i) => `a.b#c${i}`) }],
  [
    'one text of addresses',
    { recipients: names((i) => `a${i}@b.org`).join(','), channels: names((i) => `a.b#${i}`).join() },
  ],
  [
    'entries of lists of texts of many',
    Array.from({ length: 60 }, (_, entry) => {
      const list = Array.from({ length: 100 }, (__, part) =>
        Array.from({ length: 100 }, (___, i) => `a.b#${entry}-${part}-${i}`).join(),
      );
      return {
        urls: list,
        rooms: list,
        recipients: list.map((text) => text.replaceAll('.b#', '@b.org')),
        channels: list,
      };
    }),
  ],
  ['encrypted ones', { urls: names(String).map((secure) => ({ secure })) }],
];

/** A config of this size must cost no channel more than the others, and nobody else anything. */
describe('whom a hostile config names', () => {
  const { deps, close } = sampleDeps({});
  const found = findChannels();
  const settings = found.map(({ name, module: { variables = {}, contract } }) => [
    name,
    { ...fallbacksOf(variables), ...contract?.settings?.('http://127.0.0.1:9/') },
  ]);
  const { channels } = makeChannels(found, deps, Object.fromEntries(settings) as Config['channelSettings']);
  afterAll(close);

  it.each(HOSTILE)('is cut to what one build can mean: %s', async (_, written) => {
    const sections = ['webhooks', 'email', 'slack', 'msteams', 'irc'];
    const config = { notifications: Object.fromEntries(sections.map((section) => [section, written])) };
    const notice = sampleNotice({ config, state: 'failed' });
    for (const channel of channels.filter(({ events }) => events.includes('build:finished'))) {
      // Whatever is made of it: as many as can be told of each entry, and no more.
      expect((await channel.targets(notice)).length).toBeLessThanOrEqual(MOST_ENTRIES * (MOST_READ + 1));
      const { deliveries } = await planChannel(channel, notice, false);
      expect({ channel: channel.name, atMost200: deliveries.length <= 200 }).toEqual({
        channel: channel.name,
        atMost200: true,
      });
    }
  });
});

describe('a build that nobody would take as a webhook', () => {
  const { deps, close } = sampleDeps({});
  afterAll(close);

  it('is not sent, and the delivery says why', async () => {
    const [webhook] = findChannels().filter(({ name }) => name === 'webhook');
    const { facts, ...notice } = sampleNotice();
    const commit = facts.commit && { ...facts.commit, message: 'x'.repeat(2_000_000) };
    const outcome = await webhook!.module
      .default({ ...deps, settings: fallbacksOf(webhook!.module.variables ?? {}) })
      .deliver(
        { ...notice, facts: { ...facts, commit } },
        { url: 'http://127.0.0.1:9/', body: 'form' },
        { deliveryId: 1, attempt: 1, signal: new AbortController().signal },
      );
    expect(outcome).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('larger than 5 MB') });
  });
});

describe('what a hostile config encrypts', () => {
  it('is decrypted as far as one build can mean it; the rest is as if it could not be read', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const padding = constants.RSA_PKCS1_PADDING;
    // Each of them looks different, although they say the same.
    const encrypt = () => publicEncrypt({ key: publicKey, padding }, Buffer.from('a room')).toString('base64');
    const rooms = Array.from({ length: 300 }, () => ({ secure: encrypt() }));
    const opened = decryptSecrets({ rooms, again: rooms }, pem) as { rooms: unknown[]; again: unknown[] };
    expect(opened.rooms).toEqual([...Array<string>(100).fill('a room'), ...Array<null>(200).fill(null)]);
    expect(opened.again).toEqual(opened.rooms);
  });
});
