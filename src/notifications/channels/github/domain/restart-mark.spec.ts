import { readRestartMark, restartMark } from './restart-mark';

const AT = '2026-01-01T10:00:00.123Z';

describe('the mark of a restart', () => {
  it('is read as it was written, at the end of a text that may end in any way', () => {
    for (const text of ['', 'text', 'text\n', '<!-- restarted at 2020-01-01T00:00:00.000Z -->']) {
      expect(readRestartMark(text + restartMark(AT))).toBe(AT);
      // GitHub may trim a text or end it with a line break.
      expect(readRestartMark(`${text}${restartMark(AT)}\n`)).toBe(AT);
    }
  });

  it('is nothing for a build that was never restarted', () => {
    expect(restartMark(null)).toBe('');
    expect(readRestartMark('text')).toBeNull();
    expect(readRestartMark(null)).toBeNull();
  });
});
