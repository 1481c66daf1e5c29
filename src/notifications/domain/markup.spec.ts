import { markup } from './markup';

describe('markup', () => {
  it('escapes whatever is put in, for text and for attributes', () => {
    const text = `<b a="x" b='y'>&`;
    expect(markup`<p title="${text}">${text}</p>`.text).toBe(
      '<p title="&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;">&lt;b a=&quot;x&quot; b=&#39;y&#39;&gt;&amp;</p>',
    );
  });

  it('leaves markup as it is, also in lists, and takes numbers', () => {
    const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
    expect(markup`<ul>${items}</ul>${2}${['&', markup`<br>`]}`.text).toBe('<ul><li>a</li><li>&lt;</li></ul>2&amp;<br>');
  });
});
