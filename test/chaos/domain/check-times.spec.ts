import { judgeAttempts, judgeTimes, type Disturbance, type TellingTime } from './check-times';

const fault = (began: number, ended: number, recoveredMs: number | null = 1_000): Disturbance => ({
  name: 'a fault',
  began,
  ended,
  recoveredMs,
});
const telling = (at: number, came: number, buildId = 1): TellingTime => ({
  buildId,
  about: 'an event',
  at,
  came,
  notes: 'nothing noted',
});
const late = (faults: readonly Disturbance[], ...tellings: readonly TellingTime[]) =>
  judgeTimes(faults, tellings).findings.map(({ kind, text }) => `${kind}: ${text}`);

describe('how long a fault lasts', () => {
  it('may be fifteen seconds beyond its end', () => {
    expect(late([fault(0, 100, 15_000)])).toEqual([]);
    expect(late([fault(0, 100, 15_001)])).toEqual([
      'stuck: after "a fault" states were right after 15.0 s, not within 15 s',
    ]);
    expect(late([fault(0, 100, null)])).toEqual([
      'stuck: after "a fault" states were not right within a minute, not within 15 s',
    ]);
  });
});

describe('a target that is there all the time', () => {
  it('is told within five seconds while nothing is wrong', () => {
    expect(late([], telling(0, 5_000))).toEqual([]);
    expect(late([], telling(0, 5_001))).toEqual([
      'stuck: a target that was there all the time was told of an event after 5.0 s, before any fault (nothing noted)',
    ]);
    expect(judgeTimes([], [telling(0, 300), telling(0, 100)]).calm).toEqual([100, 300]);
  });

  it('is told within fifteen seconds of the end of a fault that came in between', () => {
    expect(late([fault(4_000, 9_000)], telling(0, 24_000))).toEqual([]);
    expect(late([fault(4_000, 9_000)], telling(0, 24_001))).toEqual([
      'stuck: a target that was there all the time was told of an event after 24.0 s, 15.0 s after the end of "a fault" (nothing noted)',
    ]);
    expect(judgeTimes([fault(4_000, 9_000)], [telling(0, 24_000)])).toMatchObject({ calm: [], disturbed: [15_000] });
  });

  it('is not excused by a fault that began when it should have been told, or was mended before', () => {
    expect(late([fault(6_000, 9_000)], telling(0, 7_000))).toHaveLength(1);
    expect(late([fault(0, 1_000)], telling(2_000, 7_001))).toEqual([
      'stuck: a target that was there all the time was told of an event after 5.0 s, 6.0 s after the end of "a fault" (nothing noted)',
    ]);
  });

  it('waits for the end of another fault that came before the first one was made up for', () => {
    expect(late([fault(1_000, 2_000), fault(10_000, 30_000)], telling(0, 45_000))).toEqual([]);
    expect(late([fault(1_000, 2_000), fault(18_000, 30_000)], telling(0, 45_000))).toHaveLength(1);
  });

  it('waits for its turn behind an earlier event of the same build, and of no other', () => {
    const faults = [fault(1_000, 2_000)];
    expect(late(faults, telling(500, 16_900), telling(4_000, 17_000))).toEqual([]);
    expect(late(faults, telling(500, 16_900), telling(4_000, 17_001))).toHaveLength(1);
    expect(late(faults, telling(500, 16_900, 2), telling(4_000, 9_001))).toHaveLength(1);
  });
});

describe('a target that refuses', () => {
  const attempts = (...came: number[]) => ({ buildId: 1, about: 'an event', came, unseen: 0, notes: 'nothing noted' });
  const found = (faults: readonly Disturbance[], ...came: number[]) =>
    judgeAttempts(faults, [attempts(...came)]).map(({ kind, text }) => `${kind}: ${text}`);

  it('is tried again by the schedule, whose pauses double', () => {
    expect(found([], 0)).toEqual([]);
    expect(found([], 0, 7_500, 17_500)).toEqual([]);
    expect(found([], 0, 7_501, 17_502)).toEqual([
      'stuck: an event was tried again after 7.5 s, 2.5 s at most were planned (nothing noted)',
      'stuck: an event was tried again after 10.0 s, 5.0 s at most were planned (nothing noted)',
    ]);
  });

  it('is tried again within fifteen seconds of the end of a fault that came in between', () => {
    expect(found([fault(1_000, 2_000)], 0, 17_000)).toEqual([]);
    expect(found([fault(1_000, 2_000)], 0, 17_001)).toHaveLength(1);
  });

  it('is left alone for longer when attempts that never came were counted', () => {
    const telling = attempts(0, 12_000);
    expect(judgeAttempts([], [telling])).toHaveLength(1);
    expect(judgeAttempts([], [{ ...telling, unseen: 2 }])).toEqual([]);
  });
});
