import { durationInWords, lines, oneLine } from './plain-text';

describe('oneLine', () => {
  it.each([
    ['line breaks of every kind', 'a\r\nBcc: b\nc\rd\u2028e\u2029f\u0085g', 'a Bcc: b c d e f g'],
    ['control characters', 'a\u0000b\u0007c\u001bd\u007fe', 'a b c d e'],
    ['marks that turn the reading direction', 'a\u202eb\u2066c\u200fd', 'a b c d'],
    ['halves of pairs', 'a\ud83db', 'a\ufffdb'],
    ['space around and inside', '  a \t b  ', 'a b'],
    ['nothing', null, ''],
  ])('takes %s away', (_what, text, expected) => {
    expect(oneLine(text)).toBe(expected);
  });

  it('cuts what is too long, never inside of a character', () => {
    expect(oneLine('abcdef', 6)).toBe('abcdef');
    expect(oneLine('abcdefg', 6)).toBe('abcde…');
    expect(oneLine('🚀🚀🚀🚀', 3)).toBe('🚀🚀…');
    expect(oneLine('🚀🚀🚀', 3)).toBe('🚀🚀🚀');
  });
});

describe('lines', () => {
  it('keeps lines apart and leaves blank ones at the ends out', () => {
    expect(lines('\n\na\r\n\r\n  b \n\n', 10, 10)).toEqual(['a', '', '  b']);
  });

  it('keeps no more and no longer ones than asked for', () => {
    expect(lines('abcdef\n2\n3\n4', 2, 5)).toEqual(['abcd…', '2', '…']);
    expect(lines('x'.repeat(5_000_000), 2, 5)).toEqual(['xxxx…']);
  });

  it.each([null, '', '\n \n'])('makes nothing of %j', (text) => {
    expect(lines(text, 5, 5)).toEqual([]);
  });
});

describe('durationInWords', () => {
  it.each([
    ['10:00:00', '10:00:00', '0 sec'],
    ['10:00:00', '10:00:01', '1 sec'],
    ['10:00:00', '10:00:15', '15 secs'],
    ['10:00:00', '10:01:00', '1 min and 0 sec'],
    ['10:00:00', '10:10:59', '10 mins and 59 secs'],
    ['10:00:00', '11:00:05', '1 hr, 0 mins, and 5 secs'],
    ['10:00:00', '13:01:01', '3 hrs, 1 min, and 1 sec'],
    ['10:00:01', '10:00:00', '0 sec'],
  ])('from %s to %s are %s', (from, to, words) => {
    expect(durationInWords(`2014-04-03T${from}.400Z`, `2014-04-03T${to}.900Z`)).toBe(words);
  });

  it('is unknown for what has not begun or not ended', () => {
    expect(durationInWords(null, '2014-04-03T10:22:05.000Z')).toBe('?');
    expect(durationInWords('2014-04-03T10:22:05.000Z', null)).toBe('?');
  });
});
