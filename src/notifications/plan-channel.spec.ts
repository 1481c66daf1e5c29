import { sampleNotice } from '../../test/contract/sample-notice';
import { NO_ELEMENT, type Channel, type TargetDecision } from './channel';
import { planChannel, type Plan } from './plan-channel';

const target = (changes: object = {}): TargetDecision<null> => ({
  element: 0,
  key: 'secret',
  display: 'a room',
  target: null,
  ...changes,
});

function plan(targets: Channel['targets'], changes: Partial<Channel> = {}): Plan | Promise<Plan> {
  const channel: Channel = {
    name: 'chat',
    events: ['build:finished'],
    timeoutMs: 1_000,
    targets,
    deliver: async () => ({ kind: 'delivered' }),
    ...changes,
  };
  return planChannel(channel, sampleNotice(), true);
}

describe('planChannel', () => {
  it('makes a delivery of each target, and keeps whom it does not tell with the reason', () => {
    const decisions = [
      target({ orderKey: '7', destination: 'chat.example.org' }),
      { element: 1, silent: 'on_success: never' },
    ];
    const common = { eventId: 100, channel: 'chat' };
    expect(plan(() => decisions)).toEqual({
      deliveries: [
        {
          ...common,
          element: 0,
          fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/),
          display: 'a room',
          orderKey: 'chat/7',
          destination: 'chat.example.org',
          latestOnly: false,
          problem: null,
        },
      ],
      silences: [{ ...common, element: 1, reason: 'on_success: never' }],
    });
  });

  it('waits only for a channel that reads something', async () => {
    expect(plan(() => [target()])).not.toBeInstanceOf(Promise);
    await expect(plan(async () => [target()])).resolves.toMatchObject({ deliveries: [{ problem: null }] });
  });

  it.each<[string, object, RegExp]>([
    ['a NUL byte', { display: 'a\u0000' }, /NUL byte/],
    ['half a character', { orderKey: 'a\ud800' }, /half a character/],
    ['half a character in its destination', { destination: '\udc00' }, /half a character/],
    ['no text', { display: 7 }, /must be texts/],
    [
      'an order key that no index can hold',
      { orderKey: 'x'.repeat(501) },
      /orderKey or destination is longer than 500/,
    ],
    ['an endless destination', { destination: 'x'.repeat(501) }, /orderKey or destination is longer than 500/],
    ['an element that is no number', { element: NaN }, /element must be/],
    ['an element out of range', { element: 1e12 }, /element must be/],
  ])('lets one row say that a target holds %s, and plans the others', (_what, changes, problem) => {
    const { deliveries } = plan(() => [target(changes), target({ element: 1 })]) as Plan;
    expect(deliveries.map((row) => row.problem)).toEqual([expect.stringMatching(problem), null]);
  });

  it('shows a target in a bearable length', () => {
    const { deliveries } = plan(() => [target({ display: 'x'.repeat(5_000) })]) as Plan;
    expect(deliveries).toMatchObject([{ display: expect.stringMatching(/^x{999}…$/), problem: null }]);
  });

  it.each([
    ['says at once', (decisions: TargetDecision<null>[]) => () => decisions],
    ['reads first', (decisions: TargetDecision<null>[]) => async () => decisions],
  ])('tells 200 of those whom a config names, and all others, where the channel %s', async (_, targets) => {
    const named = Array.from({ length: 300 }, (__, i) => target({ element: i % 2, key: `named ${i}` }));
    const operators = Array.from({ length: 3 }, (__, i) => target({ element: NO_ELEMENT, key: `operator ${i}` }));
    const { deliveries, silences } = await plan(targets([...named, ...operators]));
    expect(deliveries.filter(({ element }) => element !== NO_ELEMENT)).toHaveLength(200);
    expect(deliveries.filter(({ element }) => element === NO_ELEMENT)).toHaveLength(3);
    expect(silences).toMatchObject([{ element: 0, reason: 'more than 200 are named: the others are not told' }]);
  });

  it('stores no key, whatever it holds', () => {
    expect((plan(() => [target({ key: 'a\u0000' })]) as Plan).deliveries[0]?.problem).toBeNull();
  });

  it('asks targets of which only the latest counts for an order key', () => {
    const { deliveries } = plan(() => [target()], { latestOnly: true }) as Plan;
    expect(deliveries[0]?.problem).toContain('no orderKey');
  });

  it('keeps reasons in a form that can be stored', () => {
    const { silences } = plan(() => [{ element: 0, silent: `\u0000${'x'.repeat(300)}` }]) as Plan;
    expect(silences[0]?.reason).toBe(`\uFFFD${'x'.repeat(199)}`);
  });

  it('lets a row say that a channel throws or rejects', async () => {
    const thrown = plan(() => {
      throw new Error('a bug');
    });
    const rejected = await plan(() => Promise.reject(new Error('a bug')));
    for (const made of [thrown, rejected]) {
      expect(made).toMatchObject({ deliveries: [{ problem: 'planning failed: a bug' }] });
    }
  });

  it('plans again later what the database did not answer, as long as there is patience', async () => {
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    await expect(plan(() => Promise.reject(away))).rejects.toBe(away);
  });
});
