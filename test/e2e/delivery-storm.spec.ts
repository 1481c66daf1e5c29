import { eventually } from '../support';
import { Storm, timesAccepted } from '../support/storm';

const BUILDS = 100;

describe('a hundred builds that end at once, with targets that are dead, hang, are slow or limit their rate', () => {
  let storm: Storm;

  beforeAll(async () => {
    storm = await Storm.brew(BUILDS);
    await storm.breakOut();
  }, 120_000);

  afterAll(() => storm.subside());

  it('tells everybody else within seconds', async () => {
    for (const { url } of [storm.targets.one, storm.targets.two]) {
      expect((await storm.delivered(url, 30_000)).slowestMs).toBeLessThan(10_000);
    }
  });

  it('tells the slow one and the one that limits its rate, too, and nobody twice', async () => {
    const { one, two, slow, limiting } = storm.targets;
    for (const target of [slow, limiting]) await storm.delivered(target.url, 60_000);
    for (const target of [one, two, slow, limiting]) {
      expect(target.accepted.size).toBe(BUILDS);
      expect(timesAccepted(target)).toEqual([1]);
    }
  }, 90_000);

  it('tries the dead one again on its schedule, and tells it when it is back', async () => {
    const dead = await eventually(
      async () => {
        const outcome = await storm.outcomeAt(storm.deadUrl);
        expect(outcome.shortestPauseMs).not.toBeNull();
        return outcome;
      },
      { timeoutMs: 60_000 },
    );
    expect(dead).toMatchObject({ deliveries: BUILDS, delivered: 0 });
    expect(dead.shortestPauseMs).toBeGreaterThanOrEqual(1_500);
    const revived = await storm.revive();
    await storm.delivered(storm.deadUrl, 150_000);
    expect(revived.accepted.size).toBe(BUILDS);
    expect(timesAccepted(revived)).toEqual([1]);
    await revived.stop();
  }, 240_000);
});
