import { isoText, parseTimestamp, timestampText } from './time';

const SECOND = '2021-01-10 05:36:12';

describe('times of the database', () => {
  // Twice, because the second time comes from memory.
  for (const nth of ['first', 'second']) {
    it.each(['', '.5', '.001', '.999', '.123456', '.57', '.29', '.019', '.0005'])(
      `are read as UTC, the ${nth} time, with the fraction %s`,
      (fraction) => {
        const digits = fraction.slice(1).padEnd(3, '0').slice(0, 3);
        expect(parseTimestamp(SECOND + fraction).toISOString()).toBe(`2021-01-10T05:36:12.${digits}Z`);
      },
    );

    it.each([0, 1, 999, 1_610_257_012_005, -1, -62_135_596_800_000, 8.64e15, -8.64e15])(
      `are written as Date does it, the ${nth} time: %d`,
      (ms) => {
        expect(isoText(new Date(ms))).toBe(new Date(ms).toISOString());
        expect(timestampText(new Date(ms))).toBe(new Date(ms).toISOString().slice(0, -1));
      },
    );

    it(`that are none are none, the ${nth} time`, () => {
      expect(parseTimestamp('infinity').getTime()).toBeNaN();
      expect(timestampText(null)).toBeNull();
    });
  }
});
