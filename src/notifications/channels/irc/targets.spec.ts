import { inspect } from 'node:util';
import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import { ircTargets } from './targets';

const DEFAULTS = { nick: 'travis-ci', verify: true };
const SECRET = { secure: 'c2VjcmV0' };
const A = 'irc.example.org#a';
const B = 'ircs://irc.example.org#b';
const URL_A = 'irc://irc.example.org:6667/#a';
const URL_B = 'ircs://irc.example.org:6697/#b';

/** Opens `{ secure }` as the given text; null is a key that does not fit. */
const opening = (text: string | null) => ({
  async reveal<V>(_repositoryId: number, value: V): Promise<V> {
    return JSON.parse(JSON.stringify(value).replaceAll(JSON.stringify(SECRET), JSON.stringify(text))) as V;
  },
});
const decide = (irc: unknown, { opened = null, ...sample }: Sample & { opened?: string | null } = {}) =>
  ircTargets(sampleNotice({ ...sample, config: { notifications: { irc } } }), DEFAULTS, opening(opened));
/** `element url` of each target, `element reason` of each silence. */
const told = async (...args: Parameters<typeof decide>): Promise<string[]> =>
  (await decide(...args)).map((one) => `${one.element} ${'silent' in one ? one.silent : one.display}`);
const only = async (...args: Parameters<typeof decide>) => {
  const [decision, ...rest] = await decide(...args);
  expect(rest).toEqual([]);
  if (decision === undefined || 'silent' in decision) throw new Error(`silent: ${decision?.silent ?? 'nobody'}`);
  return decision;
};

describe('ircTargets', () => {
  it.each([
    ['a text', A, [`0 ${URL_A}`]],
    ['a text with commas', `${A}, ${B}`, [`0 ${URL_A}`, `0 ${URL_B}`]],
    ['a list of texts, each an entry', [A, B], [`0 ${URL_A}`, `1 ${URL_B}`]],
    ['a map with a text', { channels: `${A},${B}` }, [`0 ${URL_A}`, `0 ${URL_B}`]],
    ['a map with a list', { channels: [A, null, 7, ' ', B] }, [`0 ${URL_A}`, `0 ${URL_B}`]],
    ['the other name of the key', { channel: A }, [`0 ${URL_A}`]],
    ['normalised maps', [{ channels: [A] }, { channels: [B] }], [`0 ${URL_A}`, `1 ${URL_B}`]],
    ['a channel that one entry names twice', { channels: [A, B, A] }, [`0 ${URL_A}`, `0 ${URL_B}`]],
    ['a channel that two entries name', [A, A], [`0 ${URL_A}`, `1 ${URL_A}`]],
    ['no channel', { channels: [] }, []],
    ['nothing', undefined, []],
    ['true', true, []],
    [
      'a server without a channel beside a channel',
      { channels: ['irc.example.org', A] },
      ['0 an entry names a server without a channel: write host#channel', `0 ${URL_A}`],
    ],
  ])('reads %s', async (_form, section, expected) => {
    await expect(told(section)).resolves.toEqual(expected);
  });

  it.each([
    ['an encrypted channel', [{ channels: [SECRET] }]],
    ['an encrypted list', { channels: SECRET }],
    ['an encrypted entry', SECRET],
    ['an encrypted entry with options', { ...SECRET, on_failure: 'always' }],
  ])('reads %s, and shows nothing of it', async (_form, section) => {
    const target = await only(section, { opened: `${A}%2Csesame` });
    expect(target).toMatchObject({ display: '(encrypted channel)', target: { channel: '#a', key: 'sesame' } });
    const { target: _kept, key: _hashed, ...stored } = target;
    expect(inspect(stored)).not.toMatch(/example|sesame|#a/);
    await expect(told(section)).resolves.toEqual(['0 a channel is encrypted and cannot be decrypted']);
  });

  it('tells each of several channels that are encrypted as one', async () => {
    const decisions = await decide([{ channels: [SECRET] }], { opened: `${A}, ${B}` });
    expect(new Set(decisions.map((one) => 'key' in one && one.key)).size).toBe(2);
  });

  it.each(['nick', 'password', 'nickserv_password', 'channel_key'])(
    'stays silent with a %s that cannot be decrypted, as in a fork',
    async (name) => {
      const section = [{ channels: [A], [name]: SECRET }];
      await expect(told(section)).resolves.toEqual([
        `0 its ${name} is encrypted and cannot be decrypted with the key of this repository`,
      ]);
      await expect(told(section, { opened: 'sesame' })).resolves.toEqual([`0 ${URL_A}`]);
    },
  );

  it.each([
    ['nick', 'bot\r\nQUIT'],
    ['nick', 'a bot'],
    ['password', 'a\r\nQUIT'],
    ['password', 'p'.repeat(301)],
    ['nickserv_password', 'a\0b'],
    ['channel_key', 'a b'],
    ['channel_key', 'a\nQUIT'],
  ])('stays silent with a %s that would break the protocol, without repeating it: %j', async (name, value) => {
    const [reason, ...rest] = await told({ channels: A, [name]: value });
    expect(rest).toEqual([]);
    expect(reason).toContain(`0 its ${name} `);
    expect(reason).not.toContain(value);
  });

  it('reads every option of the entry', async () => {
    const target = await only([
      {
        channels: [B],
        nick: 'bot',
        password: 'one',
        nickserv_password: 'two',
        channel_key: 'three',
        use_notice: 'yes',
        skip_join: true,
        verify_certificate: false,
        template: ['a', 'b'],
      },
    ]);
    expect(target.target).toEqual({
      server: {
        host: 'irc.example.org',
        port: 6697,
        tls: true,
        verify: false,
        nick: 'bot',
        password: 'one',
        nickservPassword: 'two',
      },
      channel: '#b',
      key: 'three',
      join: false,
      notice: true,
      templates: ['a', 'b'],
      secrets: ['one', 'two', 'three'],
    });
  });

  it('takes what the operator set when the entry says nothing', async () => {
    const { target } = await only(A);
    expect(target.server).toMatchObject({ nick: 'travis-ci', verify: true, password: null, nickservPassword: null });
    expect(target).toMatchObject({ key: null, join: true, notice: false, secrets: [] });
    expect(target.templates).toHaveLength(3);
  });

  it('names the server as destination, and keeps the order of each channel', async () => {
    const [one, two] = await decide(`${A},${B}`);
    expect(one).toMatchObject({ destination: 'irc.example.org:6667' });
    expect(two).toMatchObject({ destination: 'irc.example.org:6697' });
    expect(one).not.toMatchObject({ orderKey: two && 'orderKey' in two ? two.orderKey : undefined });
    await expect(only(A, { buildId: 7 })).resolves.toMatchObject({
      orderKey: one && 'orderKey' in one && one.orderKey,
    });
  });

  it('shows the key of a channel nowhere', async () => {
    const { target: _kept, ...stored } = await only(`${A},sesame`);
    expect(inspect(stored)).not.toContain('sesame');
  });

  it('asks each entry whether it wants to hear of the build, and says why not', async () => {
    const section = [
      { channels: A, on_success: 'never' },
      { channels: B, on_success: 'change' },
    ];
    await expect(told(section, { previousState: 'failed' })).resolves.toEqual(['0 on_success: never', `1 ${URL_B}`]);
    await expect(told({ channels: A, enabled: false })).resolves.toEqual(['0 switched off in the config']);
  });

  it('tells nobody of pull requests, and says so', async () => {
    const notice = sampleNotice({ config: { notifications: { irc: [A, B] } } });
    const facts = { ...notice.facts, build: { ...notice.facts.build, event_type: 'pull_request' } };
    await expect(ircTargets({ ...notice, facts }, DEFAULTS, opening(null))).resolves.toEqual([
      { element: 0, silent: 'IRC is not told of pull requests' },
      { element: 1, silent: 'IRC is not told of pull requests' },
    ]);
  });
});
