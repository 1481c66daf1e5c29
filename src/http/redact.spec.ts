import { displayUrl, redact, secretsOfUrl } from './redact';

describe('displayUrl', () => {
  it.each([
    ['https://example.org/hooks/ci', 'https://example.org/hooks/ci'],
    ['https://user:pass@example.org:8443/hook', 'https://example.org:8443/hook'],
    ['https://example.org/hook?token=abc#part', 'https://example.org/hook?…'],
    ['https://hooks.example.org/services/T0001/aB3dE5gH7jK9mN1pQ3', 'https://hooks.example.org/services/T0001/aB3d…'],
    ['https://example.org/repositories-of-everybody/hook', 'https://example.org/repositories-of-everybody/hook'],
    ['not a url: secret', '(not a url)'],
  ])('shows %s as %s', (url, shown) => {
    expect(displayUrl(url)).toBe(shown);
  });
});

describe('redact', () => {
  const url = 'https://us%40er:p%3Assword@example.org/hook/aB3dE5gH7jK9mN1pQ3?token=to%20ken&b=hidden';

  it.each([
    url,
    'us@er',
    'us%40er',
    'p:ssword',
    `Basic ${btoa('us@er:p:ssword')}`,
    'aB3dE5gH7jK9mN1pQ3',
    'token=to%20ken&b=hidden',
    'to ken',
    'hidden',
  ])('hides %s when a receiver repeats it', (part) => {
    const text = redact(`You sent ${part}!`, secretsOfUrl(url));
    expect(text).toMatch(/^You sent (Basic )?\[secure\]!$/);
  });

  it.each(['/hooks/sesame-open', 'sesame-open'])(
    'hides %s of a path, as a page that was not found repeats it',
    (part) => {
      const text = redact(`Cannot POST ${part}`, secretsOfUrl('https://example.org/hooks/sesame-open'));
      expect(text).toBe('Cannot POST [secure]');
    },
  );

  it('leaves other words alone, and hides an unreadable url as a whole', () => {
    expect(redact('hook at example.org', secretsOfUrl(url))).toBe('hook at example.org');
    expect(redact('got no://url secret', secretsOfUrl('no url secret'))).toBe('got no://url secret');
    expect(redact('got "no url secret"', secretsOfUrl('no url secret'))).toBe('got "[secure]"');
  });
});
