import { eventually } from '../support';
import { Storm, type AttemptMade, type Telling, type Weather } from '../support/storm';

const BUILDS = 1_000;
/** Deliveries are left alone for two seconds at first; each further pause is twice as long, all are spread by a quarter. */
const FIRST_PAUSE_MS = 2_000;
const [SHORTEST, LONGEST] = [0.75, 1.25];
/** What is due is looked for each second, and two cores are busy with everybody else. */
const RETRY_LATE_MS = 3_000;
/** In weather nobody who is well is told later than twice as late as usual, and this. */
const LATE_MS = 5_000;

describe('a thousand builds that end at once', () => {
  const storms: Storm[] = [];

  afterEach(async () => {
    for (const storm of storms.splice(0)) await storm.subside();
  });

  async function breakOut(weather: Weather | null): Promise<Storm> {
    const storm = await Storm.brew(BUILDS, weather);
    storms.push(storm);
    await storm.breakOut();
    return storm;
  }

  it('are told to everybody who is well, to the others as soon as they are, and to nobody twice', async () => {
    const calm = await breakOut(null);
    const usual = await toldToHealthy(calm);
    await storms.pop()?.subside();

    const storm = await breakOut({ mailMs: 2_000, limitSeconds: 30 });
    const { destination } = storm.webhooks.dead;
    const healthy = await toldToHealthy(storm);
    say({ usual, healthy });
    for (const [i, { p99Ms }] of healthy.entries()) {
      expect(p99Ms).toBeLessThan(2 * (usual[i]?.p99Ms ?? 0) + LATE_MS);
    }

    const attempts = await eventually(
      async () => {
        const made = await storm.attemptsAt(destination);
        expect(Math.max(...made.map(({ nth }) => nth))).toBeGreaterThanOrEqual(4);
        return made;
      },
      { timeoutMs: 120_000 },
    );
    const retries = retriesAmong(attempts);
    say({ attempts: attempts.length, retries });
    for (const { nth, pauseMs } of retries) {
      const scheduledMs = FIRST_PAUSE_MS * 2 ** (nth - 2);
      expect(pauseMs).toBeGreaterThanOrEqual(SHORTEST * scheduledMs);
      expect(pauseMs).toBeLessThan(LONGEST * scheduledMs + RETRY_LATE_MS);
    }
    // The destination is left alone, too: few of the thousand were tried at all.
    expect(attempts.length).toBeLessThan(100);
    expect(new Set(attempts.map(({ delivery }) => delivery)).size).toBeLessThan(50);

    await storm.clearUp();
    const cleared = Date.now();
    for (const one of storm.all) {
      await storm.told(one, 400_000);
      say({ told: one[0], after: Date.now() - cleared });
    }
    for (const told of Object.values(storm.tellings)) expect(told).toEqual([...new Set(told)]);
    const { statuses = [], runs = [], ...others } = storm.tellings;
    for (const told of Object.values(others)) expect(told).toHaveLength(BUILDS);
    for (const told of [statuses, runs]) {
      expect(told.filter((one) => one.endsWith(' success'))).toHaveLength(BUILDS / 2);
    }
    // GitHub asked to be left alone: only what was on its way by then came in vain.
    expect(storm.github.turnedAway).toBeLessThanOrEqual(30);
  }, 900_000);
});

/** Figures, for people. */
function say(figures: object): void {
  process.stderr.write(`${JSON.stringify(figures)}\n`);
}

async function toldToHealthy(storm: Storm): Promise<Telling[]> {
  const tellings: Telling[] = [];
  for (const healthy of storm.healthy) tellings.push(await storm.told(healthy, 120_000));
  return tellings;
}

/** Attempts that were not the first of their delivery, and how long after the one before they were made. */
function retriesAmong(attempts: readonly AttemptMade[]): readonly { readonly nth: number; readonly pauseMs: number }[] {
  return attempts.flatMap(({ delivery, nth, atMs }) => {
    const before = attempts.find((one) => one.delivery === delivery && one.nth === nth - 1);
    return before ? [{ nth, pauseMs: Math.round(atMs - before.atMs) }] : [];
  });
}
