import { safeJson, safeLines, safeText } from './safe-text';

const EVIL = 'a\u0000b\u001b[2Jc\u009b31md\u202ee\u2028f\ud800g\u007f\u{e0041}';

describe('text for a terminal', () => {
  it('has what could move, colour, hide or reorder it written out', () => {
    expect(safeText(EVIL)).toBe('a\\u0000b\\u001b[2Jc\\u009b31md\\u202ee\\u2028f\\ud800g\\u007f\\udb40\\udc41');
    expect(safeText('one\ntwo\tthree\r')).toBe('one\\ntwo\\tthree\\r');
  });

  it('is left alone where it is harmless', () => {
    expect(safeText('Grüße, 日本語 🙂 \\u001b')).toBe('Grüße, 日本語 🙂 \\u001b');
  });

  it('keeps its lines when it stands in a block', () => {
    expect(safeLines('one\r\ntwo\u0007\nthree')).toEqual(['one', 'two\\u0007', 'three']);
  });
});

describe('JSON for a terminal', () => {
  it('holds no raw control character, and the same values', () => {
    const document = { text: EVIL, lines: 'one\ntwo', [EVIL]: [1, null] };
    const json = safeJson(document);
    expect(json).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
    expect(JSON.parse(json)).toEqual(document);
  });
});
