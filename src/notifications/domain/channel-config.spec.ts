import { channelElements } from './channel-config';

const KEYS = { section: ['webhooks', 'webhook'], targets: ['urls', 'url'] };

/** Targets, options and switch of each element, in short. */
const read = (notifications: unknown): unknown[] =>
  channelElements({ notifications }, KEYS).map(({ targets, settings, enabled }) => [targets, settings, enabled]);

describe('channelElements', () => {
  it('gives one empty element, switched on, when the config does not mention notifications or the channel', () => {
    const empty = { index: 0, targets: undefined, settings: {}, enabled: true, written: false };
    expect(channelElements({}, KEYS)).toEqual([empty]);
    expect(channelElements({ notifications: {} }, KEYS)).toEqual([empty]);
    expect(channelElements({ notifications: { email: false, on_success: 'never' } }, KEYS)).toEqual([empty]);
  });

  it.each([
    ['a text', { webhooks: 'a' }, [['a', {}, true]]],
    [
      'a map',
      { webhooks: { urls: ['a', 'b'], on_start: 'always' } },
      [[['a', 'b'], { urls: ['a', 'b'], on_start: 'always' }, true]],
    ],
    [
      'a list of texts',
      { webhooks: ['a', 'b'] },
      [
        ['a', {}, true],
        ['b', {}, true],
      ],
    ],
    [
      'a normalised list',
      { webhooks: [{ urls: ['a'] }, { urls: ['b'] }] },
      [
        [['a'], { urls: ['a'] }, true],
        [['b'], { urls: ['b'] }, true],
      ],
    ],
    ['an empty list', { webhooks: [] }, []],
    ['null', { webhooks: null }, [[null, {}, false]]],
    ['false', { webhooks: false }, [[false, {}, false]]],
    ['true', { webhooks: true }, [[true, {}, true]]],
    ['the word off', { webhooks: 'off' }, [['off', {}, false]]],
    ['the other name', { webhook: { url: 'a' } }, [['a', { url: 'a' }, true]]],
    ['an encrypted text', { webhooks: { secure: 'x' } }, [[{ secure: 'x' }, {}, true]]],
    ['an encrypted list entry', { webhooks: [{ secure: 'x' }] }, [[{ secure: 'x' }, {}, true]]],
    [
      'encrypted targets',
      { webhooks: { urls: { secure: 'x' } } },
      [[{ secure: 'x' }, { urls: { secure: 'x' } }, true]],
    ],
  ])('reads %s', (_form, notifications, expected) => {
    expect(read(notifications)).toEqual(expected);
  });

  it('keeps options that stand beside an encrypted target', () => {
    expect(read({ webhooks: { secure: 'x', on_success: 'change' } })).toEqual([
      [{ secure: 'x' }, { on_success: 'change' }, true],
    ]);
  });

  it.each([
    [false, [[false, {}, false]]],
    [null, [[null, {}, false]]],
    [true, [[true, {}, true]]],
    ['https://a', [['https://a', {}, true]]],
    [
      ['https://a', 'https://b'],
      [
        ['https://a', {}, true],
        ['https://b', {}, true],
      ],
    ],
  ])('takes notifications: %j for every channel', (notifications, expected) => {
    expect(read(notifications)).toEqual(expected);
  });

  it('knows notification as another name of notifications', () => {
    expect(channelElements({ notification: { webhooks: 'a' } }, KEYS)).toMatchObject([{ targets: 'a' }]);
  });

  it.each([
    [{ enabled: false }, false],
    [{ enabled: true }, true],
    [{ enabled: 'no' }, false],
    [{ disabled: true }, false],
    [{ disabled: 'yes' }, false],
    [{ disabled: false }, true],
    [{ disable: true }, false],
    [{ enabled: true, disabled: true }, true],
    [{ enabled: 'perhaps' }, true],
  ])('reads %j as switched %s', (options, enabled) => {
    expect(channelElements({ notifications: { webhooks: { urls: 'a', ...options } } }, KEYS)).toMatchObject([
      { enabled },
    ]);
  });

  it('copies success and failure flags from the top into listed entries that lack them', () => {
    const notifications = {
      on_success: 'change',
      on_failure: 'never',
      webhooks: ['a', { urls: 'b', on_success: 'always' }],
    };
    expect(read(notifications)).toEqual([
      ['a', { on_success: 'change', on_failure: 'never' }, true],
      ['b', { urls: 'b', on_success: 'always', on_failure: 'never' }, true],
    ]);
  });

  it('reads keys with dashes and with a leading colon', () => {
    expect(read({ ':webhooks': { urls: 'a', 'on-success': 'never' } })).toEqual([
      ['a', { urls: 'a', on_success: 'never' }, true],
    ]);
  });

  it.each([false, null, true, 'https://a', ['https://a']])(
    'does not take notifications: %j for a channel that must be named',
    (notifications) => {
      const named = { ...KEYS, namedOnly: true };
      expect(channelElements({ notifications }, named)).toMatchObject([{ targets: undefined, written: false }]);
    },
  );

  it('numbers the entries', () => {
    expect(channelElements({ notifications: { webhooks: ['a', 'b', 'c'] } }, KEYS).map(({ index }) => index)).toEqual([
      0, 1, 2,
    ]);
  });
});
