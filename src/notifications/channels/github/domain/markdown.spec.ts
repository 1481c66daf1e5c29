import { escapeHtml, escapeMarkdown, preformatted } from './markdown';

describe('escapeMarkdown', () => {
  it.each([
    ['1.8.7', '1.8.7'],
    ['feature/some-thing', 'feature/some-thing'],
    ['a_b *c* `d`', 'a\\_b \\*c\\* \\`d\\`'],
    ['](https://evil.example.org)', '\\]\\(https://evil.example.org\\)'],
    ['![x](y)', '\\!\\[x\\]\\(y\\)'],
    ['a|b', 'a\\|b'],
    ['\\*', '\\\\\\*'],
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['<!-- restarted at', '&lt;\\!-- restarted at'],
    ['&lt;', '&amp;lt;'],
    ['a\r\n\n# heading', 'a \\# heading'],
    ['nul\u0000and\ud800lone', 'nul and\ufffdlone'],
  ])('makes of %j: %j', (text, expected) => {
    expect(escapeMarkdown(text)).toBe(expected);
  });
});

describe('escapeHtml', () => {
  it.each([
    ["' onerror='x", '&#39; onerror=&#39;x'],
    ['</td></table>', '&lt;/td&gt;&lt;/table&gt;'],
    ['a\n\nb', 'a b'],
    ['"&"', '&quot;&amp;&quot;'],
    ['*a*', '*a*'],
  ])('makes of %j: %j', (text, expected) => {
    expect(escapeHtml(text)).toBe(expected);
  });
});

describe('preformatted', () => {
  it('keeps lines, but none that would end the block', () => {
    expect(preformatted('yaml', '{\n\n  "a": "</pre>&"\n \n}')).toBe(
      '<pre lang=\'yaml\'>\n{\n  "a": "&lt;/pre&gt;&amp;"\n}\n</pre>',
    );
  });
});
