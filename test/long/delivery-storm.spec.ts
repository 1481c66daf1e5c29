import { Storm, timesAccepted } from '../support/storm';

const BUILDS = 1_000;

it('a thousand builds that end at once are told to everybody who can be told within seconds, and to nobody twice', async () => {
  const storm = await Storm.brew(BUILDS);
  await storm.breakOut();
  const { one, two, slow, limiting } = storm.targets;
  for (const { url } of [one, two]) {
    const { slowestMs } = await storm.delivered(url, 120_000);
    expect(slowestMs).toBeLessThan(20_000);
  }
  for (const { url } of [slow, limiting]) await storm.delivered(url, 400_000);
  for (const target of [one, two, slow, limiting]) {
    expect(target.accepted.size).toBe(BUILDS);
    expect(timesAccepted(target)).toEqual([1]);
  }
  const dead = await storm.outcomeAt(storm.deadUrl);
  expect(dead).toMatchObject({ deliveries: BUILDS, delivered: 0 });
  await storm.subside();
});
