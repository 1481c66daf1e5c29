import { cardText, cardUrl } from './card-text';

describe('cardText', () => {
  it.each([
    ['fix: the "build" & 100% + [skip ci] (really) #7 @all ünïcode 🚀', undefined],
    ['snake_case stays, C:\\temp too', undefined],
    ['[free money](https://evil.example.org)', '[free money]\u200b(https://evil.example.org)'],
    ['![](https://evil.example.org/pixel)', '![]\u200b(https://evil.example.org/pixel)'],
    [
      '*bold* _slanted_ `code` <https://evil.example.org>',
      '\\*bold\\* \\_slanted\\_ \\`code\\` \\<https://evil.example.org>',
    ],
    ['\\*bold\\*', '\\\\\\*bold\\\\\\*'],
    ['- no list', '\\- no list'],
    ['# no title', '\\# no title'],
    ['1. no list', '1\\. no list'],
    ['one\r\ntwo\u2028three\u0000four\t', 'one two three four'],
    ['half \ud83d', 'half \ufffd'],
  ])('makes %j harmless', (text, expected = text) => {
    expect(cardText(text, 100)).toBe(expected);
  });

  it('cuts what is too long, but no character', () => {
    expect(cardText('x'.repeat(101), 100)).toBe(`${'x'.repeat(99)}…`);
    expect(cardText('🚀'.repeat(10), 8)).toBe('🚀🚀🚀…');
  });
});

describe('cardUrl', () => {
  it.each([
    ['https://github.com/a/b/compare/x...y', 'https://github.com/a/b/compare/x...y'],
    ['http://git.internal/a/b', 'http://git.internal/a/b'],
    ['javascript:alert(1)', null],
    ['/a/b', null],
    ['', null],
    [null, null],
    [undefined, null],
    [`https://github.com/${'x'.repeat(2_000)}`, null],
  ])('of %j: %j', (url, expected) => {
    expect(cardUrl(url)).toBe(expected);
  });
});
