import { sampleNotice, type Sample } from '../../../../test/contract/sample-notice';
import { NO_ELEMENT } from '../../channel';
import { webhookTargets } from './targets';

const A = 'https://a.example.org/hook';
const B = 'https://b.example.org/hook';
const GLOBAL = 'https://user:hunter2@ops.example.org/secret/hook?token=hunter3';

/** `element url` of everything that is called. */
const called = (webhooks: unknown, sample: Sample = {}, globals: string[] = []): string[] =>
  webhookTargets(sampleNotice({ ...sample, config: { notifications: { webhooks } } }), globals).flatMap(
    ({ element, target }) => (target.kind === 'url' ? [`${element} ${target.url}`] : []),
  );

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
  ])('reads %s', (_form, webhooks, expected) => {
    expect(called(webhooks)).toEqual(expected);
  });

  it('asks each element whether it wants the event', () => {
    const webhooks = [
      { urls: A, on_success: 'never' },
      { urls: B, on_success: 'change' },
    ];
    expect(called(webhooks, { previousState: 'passed' })).toEqual([]);
    expect(called(webhooks, { previousState: 'failed' })).toEqual([`1 ${B}`]);
    expect(called(webhooks, { state: 'failed' })).toEqual([`0 ${A}`, `1 ${B}`]);
  });

  it('tells of a start only when asked', () => {
    expect(called(A, { event: 'build:started' })).toEqual([]);
    expect(called({ urls: A, on_start: 'always' }, { event: 'build:started' })).toEqual([`0 ${A}`]);
    expect(called({ urls: A, on_start: true }, { event: 'build:started' })).toEqual([`0 ${A}`]);
  });

  describe("the operator's urls", () => {
    it.each([
      ['no webhooks', {}],
      ['webhooks switched off', false],
      ['one element', A],
      ['three elements', [A, B, { urls: [] }]],
      ['an element that wants nothing', { urls: A, on_success: 'never' }],
    ])('are told once with %s', (_what, webhooks) => {
      const targets = webhookTargets(sampleNotice({ config: { notifications: { webhooks } } }), [GLOBAL]);
      expect(targets.filter(({ element }) => element === NO_ELEMENT)).toHaveLength(1);
    });

    it('are told of a start when the config asks for it', () => {
      expect(called({}, { event: 'build:started' }, [GLOBAL])).toEqual([]);
      const asked = { urls: A, on_start: 'always' };
      expect(called(asked, { event: 'build:started' }, [GLOBAL])).toEqual([`0 ${A}`, `-1 ${GLOBAL}`]);
    });

    it('are shown by their origin only', () => {
      const [target] = webhookTargets(sampleNotice(), [GLOBAL]);
      expect(target?.display).toBe('https://ops.example.org (set by the operator)');
    });
  });

  it('shows a target without its secrets', () => {
    const webhooks = 'https://user:hunter2@a.example.org/hook?token=hunter3';
    const [target] = webhookTargets(sampleNotice({ config: { notifications: { webhooks } } }), []);
    expect(target?.display).toBe('https://a.example.org/hook?…');
    expect(target?.orderKey).not.toContain('hunter');
  });

  it('orders what one url is told of one build, and nothing else', () => {
    const orderKey = (sample: Sample, url: string): string | undefined =>
      webhookTargets(
        sampleNotice({ ...sample, config: { notifications: { webhooks: { urls: url, on_start: 'always' } } } }),
        [],
      )[0]?.orderKey;
    expect(orderKey({ event: 'build:started' }, A)).toBe(orderKey({ event: 'build:finished' }, A));
    expect(orderKey({}, A)).not.toBe(orderKey({}, B));
    expect(orderKey({ buildId: 1 }, A)).not.toBe(orderKey({ buildId: 2 }, A));
  });

  it.each([
    ['an encrypted url', { secure: 'Zm9v' }, '(encrypted url)', 'is encrypted'],
    ['an encrypted url in a list', { urls: [{ secure: 'Zm9v' }] }, '(encrypted url)', 'is encrypted'],
    ['an encrypted url in a map', { urls: [{ url: { secure: 'Zm9v' } }] }, '(encrypted url)', 'is encrypted'],
    ['a url of Microsoft Teams', { urls: [{ url: A, msteams: true }] }, A, 'Microsoft Teams'],
  ])('keeps %s visible and says why it is not called', (_what, webhooks, display, reason) => {
    const targets = webhookTargets(sampleNotice({ config: { notifications: { webhooks } } }), []);
    expect(targets).toMatchObject([{ display, target: { kind: 'skipped', reason: expect.stringContaining(reason) } }]);
  });
});
