import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import { sampleSecrets } from '../../../../test/contract/sample-secrets';
import { isTarget, NO_ELEMENT, type ChannelTarget } from '../../channel';
import { webhookTargets, type WebhookOptions, type WebhookTarget } from './targets';

const A = 'https://a.example.org/hook';
const B = 'https://b.example.org/hook';
const GLOBAL = 'https://user:hunter2@ops.example.org/secret/hook?token=hunter3';

/** What is decided of a build that has this for its webhooks. */
const decide = (webhooks: unknown, sample: Sample = {}, options: Partial<WebhookOptions> = {}) =>
  webhookTargets(sampleNotice({ ...sample, config: { notifications: { webhooks } } }), sampleSecrets, {
    globalUrls: [],
    contentType: 'form',
    ...options,
  });

const targetsOf = async (...args: Parameters<typeof decide>): Promise<ChannelTarget<WebhookTarget>[]> =>
  (await decide(...args)).filter(isTarget);

/** `element url` of everything that is called. */
const called = async (webhooks: unknown, sample: Sample = {}, globalUrls: string[] = []): Promise<string[]> =>
  (await targetsOf(webhooks, sample, { globalUrls })).map(({ element, target }) => `${element} ${target.url}`);

/** Why nobody is told who is written there. */
const silence = async (...args: Parameters<typeof decide>): Promise<string[]> =>
  (await decide(...args)).flatMap((decision) => (isTarget(decision) ? [] : [`${decision.element} ${decision.silent}`]));

describe('webhookTargets', () => {
  it.each([
    ['a text', A, [`0 ${A}`]],
    ['a text with commas', `${A}, ${B},`, [`0 ${A}`, `0 ${B}`]],
    ['a list of texts', [A, B], [`0 ${A}`, `1 ${B}`]],
    ['a list entry with a comma, which is split as an element of its own', [`${A},${B}`], [`0 ${A}`, `0 ${B}`]],
    ['a map with a text', { urls: `${A},${B}` }, [`0 ${A}`, `0 ${B}`]],
    ['a map with a list', { urls: [A, null, ' ', 7, B] }, [`0 ${A}`, `0 ${B}`]],
    ['a list in a map, whose texts are not split', { urls: [`${A}?ids=1,2`] }, [`0 ${A}?ids=1,2`]],
    ['a map with url maps', { urls: [{ url: A, msteams: false }, { url: B }] }, [`0 ${A}`, `0 ${B}`]],
    ['normalised maps', [{ urls: [A] }, { urls: [B] }], [`0 ${A}`, `1 ${B}`]],
    ['the same url in two elements', [{ urls: [A] }, { urls: [A] }], [`0 ${A}`, `1 ${A}`]],
    ['the same url twice in one element', { urls: [A, B, A] }, [`0 ${A}`, `0 ${B}`]],
    ['false', false, []],
    ['null', null, []],
    ['true', true, []],
    ['an empty list', [], []],
    ['switched off', { urls: A, enabled: false }, []],
  ])('reads %s', async (_form, webhooks, expected) => {
    expect(await called(webhooks)).toEqual(expected);
  });

  it('asks each element whether it wants the event', async () => {
    const webhooks = [
      { urls: A, on_success: 'never' },
      { urls: B, on_success: 'change' },
    ];
    expect(await called(webhooks, { previousState: 'passed' })).toEqual([]);
    expect(await called(webhooks, { previousState: 'failed' })).toEqual([`1 ${B}`]);
    expect(await called(webhooks, { state: 'failed' })).toEqual([`0 ${A}`, `1 ${B}`]);
  });

  it('tells of a start only when asked', async () => {
    expect(await called(A, { event: 'build:started' })).toEqual([]);
    expect(await called({ urls: A, on_start: 'always' }, { event: 'build:started' })).toEqual([`0 ${A}`]);
    expect(await called({ urls: A, on_start: true }, { event: 'build:started' })).toEqual([`0 ${A}`]);
  });

  describe("the operator's urls", () => {
    it.each([
      ['no webhooks', {}],
      ['webhooks switched off', false],
      ['one element', A],
      ['three elements', [A, B, { urls: [] }]],
      ['an element that wants nothing', { urls: A, on_success: 'never' }],
    ])('are told once with %s', async (_what, webhooks) => {
      const targets = await targetsOf(webhooks, {}, { globalUrls: [GLOBAL, GLOBAL] });
      expect(targets.filter(({ element }) => element === NO_ELEMENT)).toHaveLength(1);
    });

    it('are told of a start when the config asks for it', async () => {
      expect(await called({}, { event: 'build:started' }, [GLOBAL])).toEqual([]);
      const asked = { urls: A, on_start: 'always' };
      expect(await called(asked, { event: 'build:started' }, [GLOBAL])).toEqual([`0 ${A}`, `-1 ${GLOBAL}`]);
    });

    it('are shown by their origin only', async () => {
      const [target] = await targetsOf({}, {}, { globalUrls: [GLOBAL] });
      expect(target?.display).toBe('https://ops.example.org (set by the operator)');
    });
  });

  it('shows a target without its secrets', async () => {
    const [target] = await targetsOf('https://user:hunter2@a.example.org/hook?token=hunter3');
    expect(target?.display).toBe('https://a.example.org/hook?…');
    expect(target?.orderKey).not.toContain('hunter');
  });

  it('orders what one url is told of one build, and nothing else', async () => {
    const orderKey = async (sample: Sample, url: string): Promise<string | undefined> =>
      (await targetsOf({ urls: url, on_start: 'always' }, sample))[0]?.orderKey;
    expect(await orderKey({ event: 'build:started' }, A)).toBe(await orderKey({ event: 'build:finished' }, A));
    expect(await orderKey({}, A)).not.toBe(await orderKey({}, B));
    expect(await orderKey({ buildId: 1 }, A)).not.toBe(await orderKey({ buildId: 2 }, A));
  });

  it.each([
    [A, 'a.example.org'],
    ['https://user:hunter2@a.example.org:8443/x', 'a.example.org:8443'],
    ['no url', 'not a url'],
  ])('knows where %s leads', async (url, destination) => {
    expect((await targetsOf(url))[0]?.destination).toBe(destination);
  });

  it.each([
    ['an encrypted url', { secure: `open ${A}` }, [`0 ${A}`]],
    ['several encrypted in one', { secure: `open ${A}, ${B}` }, [`0 ${A}`, `0 ${B}`]],
    ['an encrypted url in a list', { urls: [B, { secure: `open ${A}?ids=1,2` }] }, [`0 ${B}`, `0 ${A}?ids=1,2`]],
    ['an encrypted url in a map', { urls: [{ url: { secure: `open ${A}` } }] }, [`0 ${A}`]],
    ['a url that is encrypted and not', { urls: [A, { secure: `open ${A}` }] }, [`0 ${A}`]],
  ])('decrypts %s', async (_what, webhooks, expected) => {
    expect(await called(webhooks)).toEqual(expected);
  });

  it('shows only where an encrypted url leads', async () => {
    expect((await targetsOf({ secure: `open ${A}/hunter2` }))[0]?.display).toBe('https://a.example.org (encrypted)');
  });

  it.each([
    ['a url of a fork', { urls: [A, { secure: 'x' }] }, ['0 encrypted and cannot be decrypted']],
    ['an element that wants nothing', [{ urls: A, on_success: 'never' }, B], ['0 on_success: never']],
    ['an element that is switched off', { urls: A, enabled: false }, ['0 switched off in the config']],
    ['an element without urls', [A, { on_failure: 'always' }], ['1 nobody is named']],
    ['a config that says nothing', undefined, []],
  ])('says why it is silent about %s', async (_what, webhooks, expected) => {
    expect(await silence(webhooks)).toEqual(expected.map((reason) => expect.stringContaining(reason)));
  });

  const C = 'https://c.example.org';
  it.each([
    ['nothing', { urls: [A] }, ['form']],
    ['json in the element', { urls: [A, { url: B, content_type: 'form' }], content_type: 'json' }, ['json', 'form']],
    ['json of one url', { urls: [A, { url: B, content_type: 'application/json' }] }, ['form', 'json']],
    ['something else', { urls: [A], content_type: 'xml' }, ['form']],
    ['a card', { urls: [A, { url: B, msteams: true }, { url: C, msteams: 'yes' }] }, ['form', 'card', 'form']],
    ['a card and json', { urls: [{ url: A, msteams: true, content_type: 'json' }] }, ['card']],
    ['cards for all', { urls: [A, B], msteams: true }, ['card', 'card']],
  ])('sends the form of body that the config asks for: %s', async (_what, webhooks, expected) => {
    expect((await targetsOf(webhooks)).map(({ target }) => target.body)).toEqual(expected);
  });

  it('sends the form of body that the operator set where the config asks for none', async () => {
    const webhooks = { urls: [A, { url: B, content_type: 'form' }] };
    const targets = await targetsOf(webhooks, {}, { globalUrls: [GLOBAL], contentType: 'json' });
    expect(targets.map(({ target }) => target.body)).toEqual(['json', 'form', 'json']);
  });
});
