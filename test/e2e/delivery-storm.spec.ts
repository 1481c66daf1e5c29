import { eventually } from '../support';
import { Storm } from '../support/storm';

const BUILDS = 60;

describe('sixty builds that end at once, with a dead webhook, a slow mail server and a limit on GitHub', () => {
  let storm: Storm;

  beforeAll(async () => {
    storm = await Storm.brew(BUILDS, { mailMs: 1_000, limitSeconds: 5 });
    await storm.breakOut();
  }, 120_000);

  afterAll(() => storm.subside());

  it('are told to everybody else within seconds', async () => {
    for (const healthy of storm.healthy) expect((await storm.told(healthy, 30_000)).p99Ms).toBeLessThan(10_000);
  });

  it('are told to the dead one on schedule: what was tried first is tried again first, not before its pause is over', async () => {
    const attempts = await eventually(
      async () => {
        const made = await storm.attemptsAt(storm.webhooks.dead.destination);
        expect(made.some(({ nth }) => nth === 2)).toBe(true);
        return made;
      },
      { timeoutMs: 30_000 },
    );
    const again = attempts.find(({ nth }) => nth === 2)!;
    const first = attempts.find(({ delivery }) => delivery === again.delivery)!;
    expect(attempts.indexOf(first)).toBeLessThan(20);
    expect(again.atMs - first.atMs).toBeGreaterThanOrEqual(1_500);
    expect(again.atMs - first.atMs).toBeLessThan(8_000);
  });

  it('are told to all of them once they are well, and to nobody twice', async () => {
    await storm.clearUp();
    for (const one of storm.all) await storm.told(one, 60_000);
    for (const told of Object.values(storm.tellings)) expect(told).toEqual([...new Set(told)]);
    const { statuses = [], runs = [], mail, one, dead } = storm.tellings;
    expect([one, dead, mail].map((told) => told?.length)).toEqual([BUILDS, BUILDS, BUILDS]);
    expect(statuses.filter((status) => status.endsWith(' success'))).toHaveLength(BUILDS / 2);
    expect(runs.filter((run) => run.endsWith(' success'))).toHaveLength(BUILDS / 2);
    // GitHub asked to be left alone: only what was on its way by then came in vain.
    expect(storm.github.turnedAway).toBeGreaterThan(0);
    expect(storm.github.turnedAway).toBeLessThanOrEqual(30);
  }, 120_000);
});
